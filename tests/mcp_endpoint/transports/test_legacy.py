"""The 2025 era over Streamable HTTP: sessions, their GET stream, and replies that are resumed."""

import asyncio

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, scope, tool
from oauth_bridge.signals import access_ended
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import LATEST, notification, request
from tests.mcp_endpoint.people import Somebody, let_in, principal

pytestmark = pytest.mark.usefixtures("place")
"""All of it in one process, and on Redis."""

INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32600, -32601, -32602


class TestInitialize:
    @pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25", "2024-11-05"])
    async def test_agrees_on_the_version_that_the_client_speaks(self, site: Site, version: str) -> None:
        answer = await site.client().initialize(version)
        assert answer.result["protocolVersion"] == version

    async def test_offers_the_latest_for_an_unknown_version(self, site: Site) -> None:
        assert (await site.client().initialize("1999-01-01")).result["protocolVersion"] == LATEST

    async def test_gives_a_session(self, site: Site) -> None:
        assert len((await site.client().initialize()).headers["mcp-session-id"]) >= 32

    async def test_says_who_this_server_is_and_that_lists_can_change(self, site: Site) -> None:
        result = (await site.client().initialize()).result
        assert result["serverInfo"]["name"] == site.endpoint.title
        assert result["capabilities"]["tools"] == {"listChanged": True}
        assert result["capabilities"]["resources"] == {"subscribe": True, "listChanged": True}
        assert "logging" in result["capabilities"]

    async def test_with_malformed_parameters_gives_an_error_and_no_session(self, site: Site) -> None:
        answer = await site.client().post(request("initialize", {"protocolVersion": LATEST}))
        assert answer.error["code"] == INVALID_PARAMS
        assert "mcp-session-id" not in answer.headers

    async def test_without_an_id_is_refused(self, site: Site) -> None:
        answer = await site.client().post(notification("initialize", {}))
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_is_refused_when_there_is_no_room(self, site: Site, settings: Settings) -> None:
        settings.MCP_MAX_SESSIONS = 1
        await site.session()
        answer = await site.client().initialize()
        assert (answer.status, answer.headers["retry-after"]) == (503, "60")


class TestASession:
    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        tool(name="greet")(lambda: "hello")

    async def test_answers_requests(self, site: Site) -> None:
        session = await site.session()
        answer = await session.call("greet")
        assert answer.result["content"] == [{"type": "text", "text": "hello"}]
        assert answer.headers["mcp-session-id"] == session.id

    async def test_is_needed(self, site: Site) -> None:
        answer = await site.client().post(request("tools/list"))
        assert (answer.status, answer.error["code"], answer.json["id"]) == (400, INVALID_REQUEST, 1)

    async def test_that_is_unknown_is_404(self, site: Site) -> None:
        answer = await site.client().post(request("tools/list"), {"mcp-session-id": "unknown"})
        assert (answer.status, answer.error["code"]) == (404, INVALID_REQUEST)

    async def test_of_another_user_is_404(self, site: Site) -> None:
        session = await site.session()
        session.client = site.client("bob")
        assert (await session.ask("tools/list")).status == 404

    async def test_of_another_client_of_the_same_user_is_404(self, site: Site) -> None:
        let_in("other", principal(Somebody(1, "alice"), client_id="other"))
        session = await site.session()
        session.client = site.client("other")
        assert (await session.ask("tools/list")).status == 404

    async def test_survives_a_new_token(self, site: Site) -> None:
        let_in("refreshed", principal(Somebody(1, "alice"), connection_id=9))
        session = await site.session()
        session.client = site.client("refreshed")
        assert (await session.ask("tools/list")).status == 200

    async def test_of_another_endpoint_is_404(self, site: Site, settings: Settings) -> None:
        settings.MCP_ENDPOINTS = {
            "default": {"path": "/mcp", "title": "Site"},
            "admin": {"path": "/admin-mcp", "title": "Admin"},
        }
        session = await site.session()
        session.client.path = "/admin-mcp"
        assert (await session.ask("tools/list")).status == 404

    async def test_keeps_its_version_whatever_a_later_header_says(self, site: Site) -> None:
        session = await site.session(version="2025-03-26")
        answer = await session.post([request("tools/list")], {"mcp-protocol-version": "2025-11-25"})
        assert answer.status == 200

    async def test_that_is_deleted_is_404(self, site: Site) -> None:
        session = await site.session()
        answer = await site.client().send("DELETE", session.headers()).answer()
        assert (answer.status, answer.body) == (204, b"")
        assert "content-type" not in answer.headers
        assert (await session.ask("tools/list")).status == 404

    async def test_of_another_user_cannot_be_deleted(self, site: Site) -> None:
        session = await site.session()
        assert (await site.client("bob").send("DELETE", session.headers()).answer()).status == 404
        assert (await session.ask("tools/list")).status == 200

    async def test_that_is_deleted_ends_its_calls(self, site: Site) -> None:
        begun, cancelled = asyncio.Event(), asyncio.Event()

        @tool()
        async def sleep() -> str:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return ""

        session = await site.session()
        call = session.open_call("sleep")
        await begun.wait()
        await site.client().send("DELETE", session.headers()).answer()
        assert (await call.answer()).status == 202
        assert cancelled.is_set()

    @pytest.mark.parametrize("method", ["no/such", "server/discover", "subscriptions/listen"])
    async def test_does_not_have_methods_of_another_era(self, site: Site, method: str) -> None:
        answer = await (await site.session()).ask(method)
        assert (answer.status, answer.error["code"]) == (200, METHOD_NOT_FOUND)

    async def test_has_a_ping(self, site: Site) -> None:
        assert (await (await site.session()).ask("ping")).result == {}

    async def test_tells_of_too_little_scope(self, site: Site) -> None:
        scope("notes", "Notes")
        tool(name="list_notes", scope="notes")(lambda: "")
        answer = await (await site.session()).call("list_notes")
        assert answer.status == 403
        assert 'scope="mcp notes"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("method", ["notifications/initialized", "notifications/unknown"])
    async def test_takes_note_of_notifications(self, site: Site, method: str) -> None:
        answer = await (await site.session()).post(notification(method))
        assert (answer.status, answer.body) == (202, b"")


class TestTheGetStream:
    async def test_needs_a_session(self, site: Site) -> None:
        answer = await site.client().send("GET").answer()
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_names_its_session(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        assert stream.headers["mcp-session-id"] == session.id
        stream.leave()
        await stream.over()

    @pytest.mark.parametrize("last", ["nonsense", "unknown.1", "get.x", "get." + "9" * 5000])
    async def test_of_an_unknown_event_is_refused(self, site: Site, last: str) -> None:
        session = await site.session()
        answer = await site.client().send("GET", session.headers({"last-event-id": last})).answer()
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_must_be_accepted_as_a_stream(self, site: Site) -> None:
        session = await site.session()
        answer = await site.client().send("GET", session.headers({"accept": "application/json"})).answer()
        assert answer.status == 406

    async def test_ends_when_access_ends(self, site: Site) -> None:
        stream = await (await site.session()).listen()
        access_ended.send(None, connection_ids=frozenset({1}))
        await stream.answer()


class TestAReplyThatBreaks:
    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        self.go_on = asyncio.Event()

        @tool()
        async def work(ctx: Context) -> str:
            ctx.info("begun")
            ctx.close_stream()
            await self.go_on.wait()
            ctx.info("half")
            return "done"

    async def test_is_resumed_from_its_last_event(self, site: Site) -> None:
        session = await site.session()
        broken = await session.open_call("work", id=5).answer()
        self.go_on.set()
        resumed = await (await session.listen(broken.events[-1].id)).answer()
        assert [event.data and event.json.get("method") for event in broken.events] == ["", "notifications/message"]
        assert resumed.messages[0]["params"]["data"] == "half"
        assert resumed.messages[1]["result"]["content"][0]["text"] == "done"

    async def test_is_not_resumed_by_another_session(self, site: Site) -> None:
        broken = await (await site.session()).open_call("work").answer()
        other = await site.session()
        answer = await site.client().send("GET", other.headers({"last-event-id": broken.events[-1].id})).answer()
        assert answer.status == 400

    @pytest.mark.parametrize("version", ["2025-06-18", "2025-03-26"])
    async def test_never_breaks_for_a_client_that_was_not_primed(self, site: Site, version: str) -> None:
        session = await site.session(version=version)
        call = session.open_call("work")
        assert (await call.event()).id is not None
        self.go_on.set()
        assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == "done"

    async def test_goes_on_when_its_client_leaves(self, site: Site) -> None:
        session = await site.session(version="2025-06-18")
        call = session.open_call("work")
        last = (await call.event()).id
        call.leave()
        self.go_on.set()
        await call.over()
        resumed = await (await session.listen(last)).answer()
        assert resumed.messages[-1]["result"]["content"][0]["text"] == "done"


async def test_a_call_ends_when_its_access_does(site: Site) -> None:
    @tool()
    async def sleep() -> str:
        await asyncio.Event().wait()
        return ""

    session = await site.session()
    call = session.open_call("sleep")
    await session.ask("ping")
    access_ended.send(None, connection_ids=frozenset({1}))
    answer = await call.answer()
    assert (answer.status, answer.error["message"]) == (401, "Access to this server ended")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
