"""Event streams and sessions, with a token."""

from mcpsite.doctor import streams
from tests.mcpsite.doctor.conftest import Behind, named, only

BUFFERED = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"


def test_streams_that_arrive(behind: Behind, token: str) -> None:
    with behind() as site:
        found = list(streams.examine(site, token))
    assert [finding.level for finding in found] == ["ok"] * 5


def test_a_proxy_that_buffers(behind: Behind, token: str) -> None:
    with behind(BUFFERED) as site:
        site.wait = 1
        found = list(streams.examine(site, token))
    assert named(found) == {"proxy.buffering"}
    assert [finding.asked for finding in found if finding.level == "failure"] == [
        "POST /mcp, subscriptions/listen of 2026-07-28",
        "GET /mcp, the stream of that session",
        "GET /sse, the stream of 2024-11-05",
    ]
    assert "proxy_buffering off" in only(found, "proxy.buffering").mend


def test_a_token_that_is_stripped(behind: Behind, token: str) -> None:
    with behind('proxy_set_header Authorization "";') as site:
        assert named(streams.examine(site, token)) == {"proxy.authorization"}


def test_a_token_that_is_wrong(behind: Behind) -> None:
    with behind() as site:
        assert named(streams.examine(site, "mcp_pat_nobody_has_this")) == {"token"}


def test_a_session_header_that_is_stripped(behind: Behind, token: str) -> None:
    with behind('proxy_set_header Mcp-Session-Id "";') as site:
        assert "sessions" in named(streams.examine(site, token))


def test_a_stream_path_that_is_not_passed_on(behind: Behind, token: str) -> None:
    with behind(server="location /sse { return 404; }") as site:
        found = only([finding for finding in streams.examine(site, token) if finding.level == "failure"], "streams")
    assert found.asked == "GET /sse, the stream of 2024-11-05"
