"""The site as a client meets it: one request at a time, on a connection of its own, within a time."""

import json as jsonlib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError, TimeoutError
from urllib3.util import SKIP_HEADER

from mcpsite.checks import LOOPBACK

MOST_BYTES = 1024 * 1024
BOTH = "application/json, text/event-stream"
AGENT = "mcp-doctor"

Headers = Mapping[str, str]


class NoAnswerError(Exception):
    """Nothing came that is HTTP; `check` names the reason."""

    def __init__(self, check: str, asked: str, reason: str) -> None:
        super().__init__(reason)
        self.check = check
        self.asked = asked
        self.reason = reason


class OutOfTimeError(Exception):
    """The whole examination may take no longer."""


@dataclass(frozen=True)
class Answer:
    """A whole response."""

    asked: str
    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes
    seconds: float
    """From the request to the end of the body."""

    @property
    def media_type(self) -> str:
        """Of the Content-Type, in lower case; empty when there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def location(self) -> str:
        """Where a redirect leads; empty when it is none."""
        return self.headers.get("Location", "") if 300 <= self.status < 400 else ""

    @cached_property
    def json(self) -> dict[str, Any] | None:
        """The JSON object of the body; None when it is none, or is not labelled as one."""
        if self.media_type != "application/json":
            return None
        try:
            document = jsonlib.loads(self.body)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def brief(self) -> str:
        """Status and kind, as a finding shows them."""
        return f"{self.status} to {self.location}" if self.location else f"{self.status} {self.media_type}".strip()


@dataclass
class Stream:
    """A response that is still coming."""

    answer: Answer
    _response: urllib3.BaseHTTPResponse
    _ends: float
    ended: bool = False
    """Whether it was closed or broke off, and not merely fell silent."""

    def read(self) -> bytes:
        """The next bytes; empty when none came in time or the stream ended."""
        if time.monotonic() >= self._ends:
            return b""
        try:
            found = self._response.read1(65536)
        except (HTTPError, OSError) as error:
            self.ended = not isinstance(error, TimeoutError | socket.timeout)
            return b""
        self.ended = not found
        return found

    def read_until(self, wanted: bytes) -> bytes:
        """Bytes until these are among them, or no more come in time."""
        found = b""
        while wanted not in found and len(found) < MOST_BYTES and (more := self.read()):
            found += more
        return found


class Site:
    """An MCP server at a URL. Requests go to that origin alone, whatever its documents name.

    `seconds` is for the whole examination, `patience` for one answer, `wait` for the next piece of an event stream.
    """

    def __init__(self, url: str, *, seconds: float = 120, patience: float = 10, wait: float = 5) -> None:
        parts = urlsplit(url)
        self.scheme = parts.scheme
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.origin = f"{parts.scheme}://{parts.netloc.lower()}"
        self.path = parts.path.rstrip("/")
        self.wait = wait
        self._patience = patience
        self._ends = time.monotonic() + seconds
        self._known: dict[str, Answer] = {}

    @property
    def url(self) -> str:
        """The MCP URL."""
        return f"{self.origin}{self.path}"

    @property
    def is_private_way(self) -> bool:
        """Whether nobody on the way can read what is sent: TLS, or this machine alone."""
        return self.scheme == "https" or self.host in LOOPBACK

    def patience(self, most: float | None = None) -> float:
        """Seconds that one answer may take now; raises OutOfTimeError when the examination's are over."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return min(left, most or self._patience)

    def get(self, path: str) -> Answer:
        """The document at a path; asked for once."""
        if path not in self._known:
            self._known[path] = self.ask("GET", path)
        return self._known[path]

    def ask(
        self,
        method: str,
        path: str,
        headers: Headers | None = None,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a request, redirects not followed; raises NoAnswerError and OutOfTimeError."""
        began = time.monotonic()
        with self._open(method, path, headers or {}, json, form, self.patience()) as (asked, response):
            ends = began + self.patience()
            body = b""
            try:
                while len(body) < MOST_BYTES and (piece := response.read1(65536)):
                    body += piece
                    if time.monotonic() > ends:
                        raise NoAnswerError("slow", asked, "the answer did not end in time")
            except (HTTPError, OSError) as error:
                raise _explained(error, asked) from error
            return Answer(asked, response.status, response.headers, body, time.monotonic() - began)

    @contextmanager
    def stream(
        self, method: str, path: str, headers: Headers | None = None, *, json: Any = None, hold: float = 0
    ) -> Iterator[Stream]:
        """An answer that is read as it comes, for `hold` seconds where these are more than usual.

        Raises NoAnswerError when not even its headers came in time.
        """
        began, wait = time.monotonic(), self.patience(hold or self.wait)
        with self._open(method, path, headers or {}, json, None, wait) as (asked, response):
            answer = Answer(asked, response.status, response.headers, b"", time.monotonic() - began)
            yield Stream(answer, response, time.monotonic() + (hold or 2 * wait))

    @contextmanager
    def _open(
        self, method: str, path: str, headers: Headers, json: Any, form: Mapping[str, str] | None, seconds: float
    ) -> Iterator[tuple[str, urllib3.BaseHTTPResponse]]:
        asked = f"{method} {path.partition('?')[0]}"
        sent = {"User-Agent": AGENT, "Accept": BOTH, "Accept-Encoding": "gzip", **headers}
        if not sent["User-Agent"]:
            sent["User-Agent"] = SKIP_HEADER
        body: bytes | None = None
        if json is not None:
            sent["Content-Type"], body = "application/json", jsonlib.dumps(json).encode()
        elif form is not None:
            sent["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
        # Of its own: several processes behind one address each get their share of the requests.
        with urllib3.PoolManager(retries=False, timeout=seconds) as pool:
            try:
                response = pool.request(
                    method, f"{self.origin}{path}", body=body, headers=sent, redirect=False, preload_content=False
                )
            except (HTTPError, OSError) as error:
                raise _explained(error, asked) from error
            try:
                yield asked, response
            finally:
                response.close()


def _explained(error: Exception, asked: str) -> NoAnswerError:
    """The reason for people, by what went wrong below HTTP."""
    if isinstance(error, NameResolutionError):
        return NoAnswerError("reach.dns", asked, "the host name is not in DNS")
    if isinstance(error, SSLError):
        return NoAnswerError("reach.tls", asked, tls_reason(error.args[0] if error.args else error))
    if isinstance(error, TimeoutError | socket.timeout):
        return NoAnswerError("slow", asked, "no answer in time")
    if isinstance(error, NewConnectionError | ConnectionRefusedError):
        return NoAnswerError("reach.refused", asked, "nothing listens at that address and port")
    return NoAnswerError("broken", asked, f"the connection broke off ({type(error).__name__})")


def tls_reason(error: object) -> str:
    """What is wrong with a TLS connection, in words (OpenSSL's verify codes)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return {
            10: "the certificate has expired",
            18: "the certificate is signed by itself, so no client trusts it",
            19: "the certificate comes from an authority that is not trusted",
            20: "the certificate's issuer is missing: the chain is incomplete, or not trusted",
            62: "the certificate is for another host name",
        }.get(error.verify_code, f"the certificate is not valid ({error.verify_message})")
    if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(error):
        return "that port does not speak TLS"
    return f"the TLS connection could not be made ({error})"
