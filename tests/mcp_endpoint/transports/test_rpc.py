"""Requests of a session side by side: batches, ids, cancelling."""

import asyncio
import logging
from typing import Any

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, patience, scope, tool
from mcp_endpoint.state.calls import calls
from mcp_endpoint.state.redis_client import key
from mcp_endpoint.transports import legacy, rpc
from tests.mcp_endpoint.conftest import Place, Site
from tests.mcp_endpoint.driver import eventually
from tests.mcp_endpoint.eras import Session, notification, request

INVALID_REQUEST, METHOD_NOT_FOUND, INTERNAL_ERROR = -32600, -32601, -32603
BATCHING = "2025-03-26"


@pytest.fixture
async def batching(site: Site) -> Session:
    return await site.session(version=BATCHING)


class TestABatch:
    async def test_is_answered_with_an_array(self, batching: Session) -> None:
        answers: Any = (await batching.post([request("ping"), request("ping", id="two")])).json
        assert {answer["id"] for answer in answers} == {1, "two"}

    async def test_may_mix_requests_notifications_and_answers(self, batching: Session) -> None:
        batch = [
            notification("notifications/initialized"),
            request("ping"),
            {"jsonrpc": "2.0", "id": "nobody asked", "result": {}},
            request("no/such", id=2),
        ]
        one, two = (await batching.post(batch)).json
        assert one == {"jsonrpc": "2.0", "id": 1, "result": {}}
        assert two["error"]["code"] == METHOD_NOT_FOUND  # type: ignore[index]  # a batch is a list

    async def test_of_notifications_alone_is_202(self, batching: Session) -> None:
        answer = await batching.post([notification("notifications/initialized")] * 2)
        assert (answer.status, answer.body) == (202, b"")

    async def test_of_answers_alone_is_202(self, batching: Session) -> None:
        assert (await batching.post([{"jsonrpc": "2.0", "id": 1, "result": {}}])).status == 202

    async def test_tells_a_member_that_lacks_a_scope_and_answers_the_others(
        self, site: Site, batching: Session
    ) -> None:
        scope("notes", "Notes")
        tool(name="t", scope="notes")(lambda: "")
        answers: Any = (await batching.post([request("tools/call", {"name": "t"}), request("ping", id=2)])).json
        error = {
            "code": INVALID_REQUEST,
            "message": "This needs the scope notes",
            "data": {"requiredScopes": ["notes"], "grantedScopes": ["mcp"]},
        }
        assert answers == [
            {"jsonrpc": "2.0", "id": 1, "error": error},
            {"jsonrpc": "2.0", "id": 2, "result": {}},
        ]

    async def test_is_a_stream_as_soon_as_something_is_sent(self, site: Site, batching: Session) -> None:
        @tool()
        async def talk(ctx: Context) -> str:
            ctx.info("hello")
            return ""

        answer = await batching.post([request("ping"), request("tools/call", {"name": "talk"}, 2)])
        told, answers = (event.json for event in answer.events)
        assert told["method"] == "notifications/message"
        assert len(answers) == 2

    @pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
    async def test_is_refused_in_later_versions(self, site: Site, version: str) -> None:
        answer = await (await site.session(version=version)).post([request("ping")])
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_is_refused_in_the_2026_era(self, site: Site) -> None:
        answer = await site.client().post([request("ping")], {"mcp-protocol-version": "2026-07-28"})
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    @pytest.mark.parametrize("count", [0, legacy.MAX_BATCH + 1])
    async def test_has_a_limit(self, batching: Session, count: int) -> None:
        answer = await batching.post([request("ping", id=n) for n in range(count)])
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_may_be_as_long_as_the_limit(self, batching: Session) -> None:
        answer = await batching.post([request("ping", id=n) for n in range(legacy.MAX_BATCH)])
        assert len(answer.json) == legacy.MAX_BATCH

    @pytest.mark.parametrize("part", [7, [], {"jsonrpc": "2.0", "id": True, "method": "ping"}])
    async def test_with_a_malformed_part_is_refused(self, batching: Session, part: Any) -> None:
        answer = await batching.post([request("ping"), part])
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_cannot_initialize(self, batching: Session) -> None:
        answer = await batching.post([request("initialize", {})])
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_has_no_id_twice(self, batching: Session) -> None:
        answer = await batching.post([request("ping"), request("ping")])
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)

    async def test_needs_a_session(self, site: Site) -> None:
        assert (await site.client().post([request("ping")])).status == 400


class TestARunningRequest:
    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        self.begun, self.cancelled, self.go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

        @tool()
        async def work() -> str:
            self.begun.set()
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            return "done"

    async def test_keeps_its_id_for_itself(self, site: Site) -> None:
        session = await site.session()
        call = session.open_call("work", id=5)
        await self.begun.wait()
        answer = await session.post(request("ping", id=5))
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)
        self.go_on.set()
        assert (await call.answer()).result["content"][0]["text"] == "done"

    async def test_shares_its_id_with_nobody_who_comes_at_the_same_moment(self, site: Site) -> None:
        session = await site.session()
        answers = [asyncio.ensure_future(session.open_call("work", id=5).answer()) for _ in range(2)]
        (refused,), (running,) = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        assert refused.result().status == 400
        self.go_on.set()
        assert (await running).status == 200

    async def test_frees_its_id_when_it_is_done(self, site: Site) -> None:
        session = await site.session()
        self.go_on.set()
        for _ in range(2):
            assert (await session.call("work", id=5)).status == 200

    async def test_shares_its_id_with_other_sessions(self, site: Site) -> None:
        one, other = await site.session(), await site.session()
        call = one.open_call("work", id=5)
        await self.begun.wait()
        assert (await other.post(request("ping", id=5))).status == 200
        self.go_on.set()
        await call.answer()

    async def test_is_cancelled_and_gets_no_response(self, site: Site) -> None:
        session = await site.session()
        call = session.open_call("work", id=5)
        await self.begun.wait()
        assert (await session.post(notification("notifications/cancelled", {"requestId": 5}))).status == 202
        answer = await call.answer()
        assert (answer.status, answer.body) == (202, b"")
        assert self.cancelled.is_set()

    @pytest.mark.parametrize(
        "params", [None, {}, {"requestId": None}, {"requestId": True}, {"requestId": [5]}, {"requestId": "5"}]
    )
    async def test_is_not_cancelled_by_a_malformed_notification(self, site: Site, params: Any) -> None:
        session = await site.session()
        call = session.open_call("work", id=5)
        await self.begun.wait()
        assert (await session.post(notification("notifications/cancelled", params))).status == 202
        self.go_on.set()
        assert (await call.answer()).result["content"][0]["text"] == "done"

    async def test_is_not_cancelled_by_another_session(self, site: Site) -> None:
        session, other = await site.session(), await site.session()
        call = session.open_call("work", id=5)
        await self.begun.wait()
        await other.post(notification("notifications/cancelled", {"requestId": 5}))
        self.go_on.set()
        assert (await call.answer()).status == 200

    async def test_is_not_cancelled_when_its_client_leaves(self, site: Site) -> None:
        """MCP 2025-11-25 basic/transports: disconnection is not cancellation."""
        session = await site.session()
        call = session.open_call("work", id=5)
        await self.begun.wait()
        call.leave()
        await session.ask("ping")
        assert not self.cancelled.is_set()
        self.go_on.set()
        await call.over()

    async def test_that_is_silent_becomes_a_stream_that_shows_life(self, site: Site, settings: Settings) -> None:
        settings.MCP_KEEP_ALIVE = 0.001
        session = await site.session()
        call = session.open_call("work", id=5)
        events = [await call.event() for _ in range(2)]
        assert [event.comment for event in events] == [None, "keep-alive"]
        self.go_on.set()
        assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == "done"

    async def test_claims_its_id_among_all_processes_when_it_takes_a_moment(
        self, on_redis: Place, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(patience, "SOON", 0.001)
        session = await site.session()
        claims = key("call", session.id, "*")
        call = session.open_call("work", id=5)
        await eventually(lambda: list(on_redis.client.scan_iter(claims)))
        self.go_on.set()
        await call.answer()
        await eventually(lambda: not list(on_redis.client.scan_iter(claims)))

    async def test_claims_nothing_without_a_redis(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(patience, "SOON", 0.001)
        monkeypatch.setattr(rpc, "Claim", None)
        session = await site.session()
        call, rung = session.open_call("work", id=5), asyncio.Event()
        await self.begun.wait()
        patience.patience().wait(rung.set)
        await rung.wait()
        self.go_on.set()
        assert (await call.answer()).result["content"][0]["text"] == "done"

    async def test_leaves_nothing_behind(self, site: Site) -> None:
        session = await site.session()
        self.go_on.set()
        await session.call("work")
        await eventually(lambda: not calls().running)


async def test_a_fault_of_a_method_is_a_generic_error(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = await site.session()
    monkeypatch.setattr("mcp_endpoint.catalog.visible", lambda *_: 1 / 0)
    answer = await session.ask("tools/list")
    assert answer.error == {"code": INTERNAL_ERROR, "message": "Internal server error"}
    assert "ZeroDivisionError" in caplog.text


async def test_nothing_that_a_client_sends_is_logged_above_debug(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tool(name="greet")(lambda name: "")
    session = await site.session()
    await session.call("greet", {"name": ["s3cret"], "s3cret": 1})
    await session.ask("prompts/get", {"name": "s3cret"})
    await session.post({"s3cret": 1})
    await site.client("s3cret").post({})
    assert "s3cret" not in caplog.text
