"""The entrance: the order of its checks, and one shape for every refusal."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from mcp_endpoint.entrance import gate as gate_module
from mcp_endpoint.entrance.gate import Call, gate
from mcp_endpoint.server import make_server
from mcp_endpoint.state.redis_client import RedisAwayError
from mcp_endpoint.transports import streamable
from mcp_endpoint.transports.streams import serve_stream
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import eventually, open_request
from tests.mcp_endpoint.eras import Client
from tests.mcp_endpoint.people import let_in, principal, shut_out


def through(site: Site, transport: object) -> Client:
    """A client of a transport of the test's own."""
    return Client(gate(site.endpoint, make_server(site.endpoint), transport))  # type: ignore[arg-type]  # a test's own


class TestARefusal:
    async def test_is_json(self, site: Site) -> None:
        answer = await site.client(None).post({})
        assert answer.status == 401
        assert answer.error["code"] == -32600

    async def test_of_a_host_comes_before_the_token_is_looked_at(self, site: Site) -> None:
        answer = await site.client(None).post({}, {"host": "evil.example"})
        assert answer.status == 403

    async def test_of_an_origin_comes_before_the_token_is_looked_at(self, site: Site) -> None:
        answer = await site.client(None).post({}, {"origin": "https://evil.example"})
        assert answer.status == 403

    async def test_of_an_origin_cannot_be_read_by_its_page(self, site: Site) -> None:
        answer = await site.client().post({}, {"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers

    async def test_of_a_token_can_be_read_by_a_page_of_ours(self, site: Site) -> None:
        answer = await site.client(None).post({}, {"origin": "http://localhost:6274"})
        assert answer.headers["access-control-allow-origin"] == "http://localhost:6274"

    async def test_names_the_request_when_its_id_was_read(self, site: Site) -> None:
        answer = await site.client().post({"id": "seven"})
        assert answer.json["id"] == "seven"

    async def test_of_a_body_over_the_limit_is_413(self, site: Site, settings: Settings) -> None:
        settings.MCP_BODY_LIMIT = 10
        assert (await site.client().post(b"x" * 11)).status == 413


class TestABodyThatTakesItsTime:
    @pytest.fixture(autouse=True)
    def any_takes_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gate_module, "LONG_BODY_SECONDS", 0)

    @pytest.mark.parametrize("path", ["/mcp", "/messages/"])
    async def test_does_not_outlive_the_access_of_its_sender(self, site: Site, path: str) -> None:
        let_in("brief", principal())
        client = site.client("brief")
        query = ""
        if path != "/mcp":
            stream = client.send("GET", path="/sse")
            query = (await stream.event()).data.partition("?")[2]
        conversation = open_request(client.application, "POST", path, client.headers(), None, query)
        conversation.feed(b'{"jsonrpc": "2.0", ', more=True)
        await eventually(conversation.incoming.empty)
        shut_out("brief")
        conversation.feed(b'"id": 1, "method": "ping"}')
        answer = await conversation.answer()
        assert (answer.status, "www-authenticate" in answer.headers) == (401, True)

    async def test_is_served_while_they_have_it(self, site: Site) -> None:
        assert (await (await site.session()).ask("ping")).status == 200


class TestAPreflight:
    async def test_needs_no_token(self, site: Site) -> None:
        answer = await site.client(None).send("OPTIONS", {"origin": "http://localhost:6274"}).answer()
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == "http://localhost:6274"

    async def test_of_a_foreign_page_is_refused(self, site: Site) -> None:
        answer = await site.client(None).send("OPTIONS", {"origin": "https://evil.example"}).answer()
        assert answer.status == 403


class TestAClientThatLeaves:
    async def test_before_its_body_is_whole_gets_no_answer(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "mcp_endpoint.entrance.gate")
        client = site.client()
        conversation = open_request(client.application, "POST", "/mcp", client.headers(), None)
        conversation.feed(b"{", more=True)
        conversation.leave()
        await conversation.over()
        assert conversation.start is None
        assert "client left during POST /mcp" in caplog.text


class TestAFault:
    async def test_is_a_generic_500_and_the_log_has_the_traceback(
        self, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def transport(call: Call) -> None:
            raise RuntimeError("s3cret")

        answer = await through(site, transport).post({})
        assert answer.status == 500
        assert answer.error == {"code": -32603, "message": "Internal error"}
        assert "s3cret" in caplog.text

    async def test_in_a_begun_stream_ends_it(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        async def source() -> AsyncIterator[bytes]:
            yield b"data: {}\r\n\r\n"
            raise RuntimeError("the log is gone")

        async def transport(call: Call) -> None:
            await serve_stream(call.receive, call.send, call.principal, source())

        answer = await through(site, transport).post({})
        assert [event.data for event in answer.events] == ["{}"]
        assert "the log is gone" in caplog.text

    async def test_that_has_an_answer_of_its_own_ends_a_begun_stream_too(self, site: Site) -> None:
        async def source() -> AsyncIterator[bytes]:
            yield b"data: {}\r\n\r\n"
            raise RedisAwayError

        async def transport(call: Call) -> None:
            await serve_stream(call.receive, call.send, call.principal, source())

        answer = await through(site, transport).post({})
        assert [event.data for event in answer.events] == ["{}"]


async def test_a_cancelled_request_is_no_fault(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    async def transport(call: Call) -> None:
        await asyncio.Event().wait()

    conversation = through(site, transport).open({})
    await asyncio.sleep(0)
    assert conversation.task is not None
    conversation.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await conversation.task
    assert caplog.text == ""


async def test_a_header_is_read_without_the_white_space_around_it(site: Site) -> None:
    seen: list[str | None] = []

    async def transport(call: Call) -> None:
        seen.extend([call.header(b"x-one"), call.header(b"x-two")])
        await streamable.serve(call)

    await through(site, transport).post({}, {"x-one": "  a b\t"})
    assert seen == ["a b", None]
