"""A real OpenID provider in a process of its own: npm's `oidc-provider`, with one client, which is the site."""

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.node import NODE, environment, find_npx

HERE = Path(__file__).parent
CLIENT_ID = "site"
CLIENT_SECRET = "the secret that the provider gave the site"
STOP_SECONDS = 10.0


class OpenIDProvider:
    """The provider at `url`; it sends people back to `redirect_uri` alone. Use as a context manager."""

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [find_npx(), "-y", "-p", NODE, "node", "provider.mjs"],
            cwd=HERE,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # npx runs it in a process of its own, which must end with it.
            start_new_session=True,
        )
        client = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "redirectUri": self.redirect_uri}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(client) + "\n")
        self._process.stdin.flush()
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self.__exit__(None, None, None)
            raise RuntimeError("The OpenID provider did not start: run `npm ci` in tests/browser and look again.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def environment(self) -> dict[str, str]:
        """Variables by which the site offers sign-in by this provider, and linking accounts there for tools."""
        return {
            "OIDC_ISSUER": self.url,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OIDC_NAME": "Example ID",
            "OIDC_API_URL": f"{self.url}/",
        }
