"""With a token: a request in each era, and whether event streams arrive as they are sent.

No tool is called, since none is known to be harmless. Each transport has a stream that the site begins by itself.
"""

import re
from collections.abc import Iterator
from typing import Any

from mcpsite.doctor.answers import fault
from mcpsite.doctor.challenge import initialize, parameters
from mcpsite.doctor.findings import Finding
from mcpsite.doctor.site import Answer, NoAnswerError, Site, Stream

MODERN, LEGACY = "2026-07-28", "2025-11-25"
SSE_PATH = "/sse"
LISTEN = "subscriptions/listen"
REQUESTS_IN_A_SESSION = 24
"""Enough to meet another one of several processes, which the system does not give equal shares."""
_PREFIX = "io.modelcontextprotocol/"
_EVENT_DATA = re.compile(rb"^data: ?(\S+)\r?$", re.MULTILINE)

Headers = dict[str, str]


def examine(site: Site, token: str) -> Iterator[Finding]:
    """The three eras, one after the other."""
    bearer = {"Authorization": f"Bearer {token}"}
    listing = site.ask("POST", site.path, {**bearer, **_modern_headers("tools/list")}, json=_modern("tools/list"))
    finding = _judge(listing)
    yield finding
    if finding.level != "ok":
        return
    yield from _listen(site, token)
    yield from _session(site, bearer)
    yield from _http_sse(site, bearer)


def _judge(answer: Answer) -> Finding:
    asked = f"{answer.asked} with a token, tools/list of {MODERN}"
    if (wrong := fault(answer)) is not None:
        return wrong
    result = (answer.json or {}).get("result")
    if answer.status == 200 and isinstance(result, dict) and "tools" in result:
        return Finding("ok", "call", asked, f"{len(result['tools'])} tools")
    if answer.status == 401 and "error" not in parameters(answer):
        return Finding(
            "failure",
            "proxy.authorization",
            asked,
            "401, the header Authorization does not arrive",
            means="Everybody can sign in, and every call after that is refused as if nobody had.",
            mend="Let the proxy pass the request header Authorization.",
        )
    if answer.status in (401, 403):
        return Finding(
            "failure",
            "token",
            asked,
            f"{answer.status} {parameters(answer).get('error_description', '')}".strip(),
            means="This token does not open this server.",
            mend="Make a new one at /account/tokens of this site, with the scope mcp.",
        )
    return Finding("failure", "call", asked, answer.brief, means="Calls fail.", mend="Look into the server's log.")


def _listen(site: Site, token: str) -> Iterator[Finding]:
    """The acknowledgement comes at once, and the stream stays open (MCP 2026-07-28 subscriptions)."""
    asked = f"POST {site.path}, {LISTEN} of {MODERN}"
    try:
        headers, body = listening(token)
        with site.stream("POST", site.path, headers, json=body) as stream:
            yield _arrives(asked, stream, b"acknowledged")
    except NoAnswerError as error:
        yield _held_back(asked, error)


def _session(site: Site, bearer: Headers) -> Iterator[Finding]:
    """A session of 2025 that requests on separate connections find again, and its stream."""
    begun = site.ask("POST", site.path, bearer, json=initialize())
    asked = f"A session of {LEGACY}"
    if begun.status != 200:
        yield Finding("failure", "sessions", asked, begun.brief, means="Clients of 2025 cannot begin.")
        return
    session_id = begun.headers.get("Mcp-Session-Id")
    if session_id is None:
        yield Finding(
            "skipped",
            "sessions",
            asked,
            "no Mcp-Session-Id",
            mend="Right with MCP_SESSIONS=false; else let the proxy pass that header.",
        )
        return
    headers = {**bearer, "Mcp-Session-Id": session_id, "MCP-Protocol-Version": LEGACY}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    number, answer = 0, begun
    while answer.status == 200 and number < REQUESTS_IN_A_SESSION:
        answer = site.ask("POST", site.path, headers, json=ping)
        number += 1
    if answer.status == 404:
        yield Finding(
            "failure",
            "sessions.processes",
            asked,
            f"request {number} got 404, session not found",
            means="Several processes answer, and each knows its own sessions alone: clients start anew in mid-work.",
            mend="Run one process, or set MCP_SESSIONS=false, or let the processes share sessions by Redis.",
        )
        return
    if answer.status != 200:
        yield Finding("failure", "sessions", asked, answer.brief, mend="Let the proxy pass Mcp-Session-Id both ways.")
        return
    yield Finding("ok", "sessions", asked, f"{number} requests found it")
    asked = f"GET {site.path}, the stream of that session"
    try:
        with site.stream("GET", site.path, {**headers, "Accept": "text/event-stream"}) as stream:
            yield _is_stream(asked, stream.answer) or Finding("ok", "streams", asked, "it opens at once")
    except NoAnswerError as error:
        yield _held_back(asked, error)
    finally:
        site.ask("DELETE", site.path, headers)


def _http_sse(site: Site, bearer: Headers) -> Iterator[Finding]:
    """The 2024 transport: the first event says where to post, the answer comes on the stream."""
    asked = f"GET {SSE_PATH}, the stream of 2024-11-05"
    try:
        with site.stream("GET", SSE_PATH, {**bearer, "Accept": "text/event-stream"}) as stream:
            if stream.answer.status == 405:
                yield Finding("skipped", "streams", asked, "405, sessions are switched off")
                return
            if (wrong := _is_stream(asked, stream.answer)) is not None:
                yield wrong
                return
            first = _EVENT_DATA.search(stream.read_until(b"\n\r\n") or b"")
            if first is None:
                yield _buffered(asked, "it opened, and no event came")
                return
            target = first[1].decode("latin-1")
            if not target.startswith("/"):
                yield Finding("failure", "streams", asked, "it names another place to post to")
                return
            site.ask("POST", target, bearer, json=initialize())
            yield _arrives(asked, stream, b"serverInfo")
    except NoAnswerError as error:
        yield _held_back(asked, error)


def _arrives(asked: str, stream: Stream, wanted: bytes) -> Finding:
    if (wrong := _is_stream(asked, stream.answer)) is not None:
        return wrong
    if wanted in stream.read_until(wanted):
        return Finding("ok", "streams", asked, "events arrive as they are sent")
    return _buffered(asked, "it opened, and no event came")


def _is_stream(asked: str, answer: Answer) -> Finding | None:
    if answer.status == 200 and answer.media_type == "text/event-stream":
        return None
    return Finding(
        "failure",
        "streams",
        asked,
        f"{answer.brief} instead of an event stream",
        means="Clients that wait for notices get none.",
        mend="Let the proxy pass this path to the site.",
    )


def _held_back(asked: str, error: NoAnswerError) -> Finding:
    if error.check == "slow":
        return _buffered(asked, "nothing came, not even headers")
    return Finding("failure", error.check, asked, error.reason, means="The stream does not open.")


def _buffered(asked: str, got: str) -> Finding:
    return Finding(
        "failure",
        "proxy.buffering",
        asked,
        got,
        means="The proxy keeps event streams until they end: progress, questions and notices never arrive, and the "
        "server seems to hang.",
        mend="Switch buffering off (nginx: proxy_buffering off, and no proxy_ignore_headers X-Accel-Buffering; no gzip "
        "for text/event-stream).",
    )


def listening(token: str) -> tuple[Headers, dict[str, Any]]:
    """Headers and body of a request for a stream that is acknowledged at once and then silent."""
    headers = {"Authorization": f"Bearer {token}", **_modern_headers(LISTEN)}
    return headers, _modern(LISTEN, {"notifications": {"toolsListChanged": True}})


def _modern(method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    meta = {f"{_PREFIX}protocolVersion": MODERN, f"{_PREFIX}clientCapabilities": {}}
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**(params or {}), "_meta": meta}}


def _modern_headers(method: str) -> Headers:
    return {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
