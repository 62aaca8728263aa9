"""Clients that read nothing of what they asked for: they are cut, and the process grows no larger."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.clients.conftest import eventually
from tests.clients.wire import Session, Wire, events, modern_headers
from tests.live import ServerName
from tests.scale.lone import Lone, lone, said

ESTABLISHED = 1
"""A TCP connection that is open (tcp_info.tcpi_state of Linux's <linux/tcp.h>)."""
FLAT = 40
"""Megabytes by which a process may grow while it is flooded; it is sent some hundred."""


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def site(request: pytest.FixtureRequest) -> Iterator[Lone]:
    """A server that cuts clients soon that do not read."""
    name: ServerName = request.param
    with lone(name, {"MCP_SEND_TIMEOUT": "2", "MCP_STREAM_BUFFER": "1000000"}) as found:
        yield found


class Deaf:
    """A client that sends one request and reads nothing of the answer but its first bytes."""

    def __init__(self, site: Lone, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", site.server.port), timeout=60)
        self.socket.sendall(request)
        assert self.socket.recv(15) == b"HTTP/1.1 200 OK"

    def close(self) -> None:
        self.socket.close()

    def first_event(self) -> str:
        """The id of the first event."""
        head = b""
        while (found := re.search(rb"^id: (\S+)\r$", head, re.MULTILINE)) is None:
            head += self.socket.recv(100)
        return found[1].decode()

    def is_cut(self) -> bool:
        """Whether the server broke the connection off, rather than wait. Reads nothing to find out."""
        return self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED


def raw(wire: Wire, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{wire.http.base_url.port}"]
    lines += [f"Authorization: {wire.http.headers['Authorization']}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def posted(wire: Wire, body: dict[str, object], headers: dict[str, str | None]) -> bytes:
    request = wire.request(body, headers)
    kept = {name: request.headers[name] for name in request.headers if name.startswith(("mcp", "acc", "content-t"))}
    return raw(wire, "POST", "/mcp", kept, request.content)


def resident(site: Lone) -> float:
    """Megabytes of memory that the server has."""
    pages = int(Path(f"/proc/{site.server.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


@pytest.mark.parametrize("era", ["2026-07-28", "2025-11-25"])
def test_a_call_that_floods_a_client_which_does_not_read_is_cut(site: Lone, era: str) -> None:
    wire = site.wire()
    arguments = {"label": era, "size": 20_000}
    if era == "2026-07-28":
        meta = {"io.modelcontextprotocol/logLevel": "debug"}
        body = wire.modern_body("tools/call", {"name": "flood", "arguments": arguments, "_meta": meta})
        headers = modern_headers(body)
    else:
        body, headers = wire.body("tools/call", {"name": "flood", "arguments": arguments}), wire.session().headers
    before = resident(site)
    with closing(Deaf(site, posted(wire, body, headers))) as deaf:
        assert eventually(deaf.is_cut, 30)
    if era == "2026-07-28":  # a session's call goes on: its client may come back for it
        assert eventually(lambda: said(wire, "running", label=era) == "0")
    assert resident(site) - before < FLAT
    assert said(site.wire(), "greet", name="Ada") == "Hello, Ada!"


def test_a_client_of_a_session_that_was_cut_comes_back_for_its_answer(site: Lone) -> None:
    """Of what was said meanwhile, the newest is kept: as much as the log of a stream holds."""
    session = site.wire().session()
    body = session.wire.body("tools/call", {"name": "flood", "arguments": {"label": "back", "size": 20_000}})
    with closing(Deaf(site, posted(session.wire, body, session.headers))) as deaf:
        first = deaf.first_event()
        assert eventually(deaf.is_cut, 30)
    assert said(site.wire(), "release", label="back") == "released"
    with session.listen(first) as response:
        rest = [event for event in events(response) if event.data]
    *heard, answer = [event.message for event in rest]
    assert (answer["id"], answer["result"]["content"][0]["text"]) == (body["id"], "dry")
    assert {message["method"] for message in heard} == {"notifications/message"}
    numbers = [int(str(event.id).rpartition(".")[2]) for event in rest]
    assert numbers == list(range(numbers[0], numbers[0] + len(rest)))
    assert numbers[0] > int(first.rpartition(".")[2])


@pytest.mark.parametrize("kind", ["listen", "get", "sse"])
def test_a_standing_stream_that_nobody_reads_is_cut(site: Lone, kind: str) -> None:
    uri = "pad://" + "x" * 20_000
    wire = site.wire()
    if kind == "listen":
        body = wire.modern_body("subscriptions/listen", {"notifications": {"resourceSubscriptions": [uri]}})
        request = posted(wire, body, modern_headers(body))
    elif kind == "get":
        session = wire.session()
        assert session.send("resources/subscribe", {"uri": uri}).status_code == 200
        request = raw(wire, "GET", "/mcp", {"Accept": "text/event-stream", **sent(session)})
    else:
        request = raw(wire, "GET", "/sse", {"Accept": "text/event-stream"})
    with closing(Deaf(site, request)) as deaf:
        if kind == "sse":
            head = deaf.socket.recv(2000).decode()
            while "session_id=" not in head:
                head += deaf.socket.recv(2000).decode()
            path = "/messages/?session_id=" + head.partition("session_id=")[2].split()[0]
            assert wire.post(wire.body("resources/subscribe", {"uri": uri}), path=path).status_code == 202
        before = resident(site)
        assert eventually(lambda: said(site.wire(), "stir", uri=uri, times=1000) == "stirred" and deaf.is_cut(), 60)
    assert resident(site) - before < FLAT
    assert said(site.wire(), "greet", name="Ada") == "Hello, Ada!"


def sent(session: Session) -> dict[str, str]:
    return {name: value for name, value in session.headers.items() if value is not None}
