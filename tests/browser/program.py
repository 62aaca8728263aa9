"""A client program on the person's computer: it opens the browser, and waits for it at a loopback address."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.browser.origin import Origin
from tests.clients.app import App, Pkce
from tests.clients.wire import Wire, answer

CALLBACK_PAGE = """<!doctype html><html lang="en"><title>Connected</title><h1>You can close this page</h1>
<script>if (window.opener) window.opener.postMessage(location.search, "*")</script></html>"""


class Program(App):
    """A public client that registered itself, and what came back to it."""

    def __init__(self, base_url: str, name: str, origin: Origin) -> None:
        super().__init__(base_url, name, f"{origin.url}/callback")
        self.name = name
        self.origin = origin
        self.pkce = Pkce()
        self.state = secrets.token_urlsafe()

    def request(self, scope: str | None = None) -> str:
        """The authorization request that it opens in the browser; its URL."""
        return self.authorization_url(self.pkce, scope, state=self.state)

    @property
    def answers(self) -> list[dict[str, str]]:
        """Parameters that the browser brought, each time that it came."""
        return self.origin.queries("/callback")

    def token(self) -> str:
        """Access token for the code that came last."""
        back = self.answers[-1]
        assert back["state"] == self.state
        return self.redeem(back["code"], self.pkce)

    def tools(self) -> set[str]:
        """Names of the tools that it is offered with the token that it has."""
        wire = Wire(self.base_url, self.tokens["access_token"])
        with closing(wire.http):
            return {tool["name"] for tool in answer(wire.modern("tools/list"))["result"]["tools"]}


@contextmanager
def running(base_url: str, name: str) -> Iterator[Program]:
    """A program that waits for the browser."""
    with Origin() as origin:
        origin.pages["/callback"] = CALLBACK_PAGE
        program = Program(base_url, name, origin)
        with closing(program.http):
            yield program
