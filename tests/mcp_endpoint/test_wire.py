"""JSON, JSON-RPC envelopes, frames and bodies."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcp_endpoint import wire
from mcp_endpoint.errors import HttpError
from tests.mcp_endpoint.driver import Json

Receive = Callable[[], Awaitable[Json]]


class TestAnEnvelope:
    @pytest.mark.parametrize(
        "message",
        [
            {"jsonrpc": "2.0", "id": 1, "method": "ping"},
            {"jsonrpc": "2.0", "id": "a", "method": "ping", "params": {}},
            {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": None},
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"jsonrpc": "2.0", "id": 1, "result": {}},
            {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}},
        ],
    )
    def test_is_accepted_when_it_is_a_message(self, message: Any) -> None:
        assert wire.check_envelope(message) is message

    @pytest.mark.parametrize(
        "message",
        [
            None,
            7,
            "ping",
            [],
            {},
            {"id": 1, "method": "ping"},
            {"jsonrpc": "1.0", "id": 1, "method": "ping"},
            {"jsonrpc": "2.0", "id": 1},
            {"jsonrpc": "2.0", "id": 1, "method": 5},
            {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]},
            {"jsonrpc": "2.0", "id": 1, "result": {}, "error": {}},
            {"jsonrpc": "2.0", "id": None, "method": "ping"},
            {"jsonrpc": "2.0", "id": True, "method": "ping"},
            {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
            {"jsonrpc": "2.0", "id": {}, "method": "ping"},
            {"jsonrpc": "2.0", "id": False, "result": {}},
        ],
    )
    def test_is_refused_when_it_is_none(self, message: Any) -> None:
        with pytest.raises(HttpError) as raised:
            wire.check_envelope(message)
        assert (raised.value.status, raised.value.code) == (400, -32600)


class TestAReadableId:
    @pytest.mark.parametrize("given", [1, 0, -5, "", "a"])
    def test_is_a_string_or_an_integer(self, given: Any) -> None:
        assert wire.readable_id({"id": given}) == given

    @pytest.mark.parametrize("message", [{"id": True}, {"id": 1.5}, {"id": None}, {}, [], "id", None])
    def test_is_nothing_else(self, message: Any) -> None:
        assert wire.readable_id(message) is None


class TestDecoding:
    @pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b'"\\ud800"', b"\xff", b"NaN", b"[" * 100_000])
    def test_refuses_what_is_no_json(self, body: bytes) -> None:
        with pytest.raises(HttpError) as raised:
            wire.decode(body)
        assert (raised.value.status, raised.value.code) == (400, -32700)

    def test_returns_json(self) -> None:
        assert wire.decode(b'{"a": [1, null]}') == {"a": [1, None]}


class TestEncoding:
    def test_is_compact(self) -> None:
        assert wire.encode({"a": [1, "é"]}) == '{"a":[1,"é"]}'.encode()

    @pytest.mark.parametrize("value", [2**70, "\ud800"])
    def test_manages_what_the_fast_encoder_refuses(self, value: Any) -> None:
        assert json.loads(wire.encode({"a": value})) == {"a": value}

    def test_manages_deep_values(self) -> None:
        deep: Any = 1
        for _ in range(400):
            deep = [deep]
        assert json.loads(wire.encode(deep)) == deep


class TestAnAnswer:
    def test_is_json(self) -> None:
        assert wire.encode_answer(1, {"a": 1}) == b'{"a":1}'

    def test_that_is_too_deep_to_be_written_is_an_error(self) -> None:
        deep: Any = 1
        for _ in range(100_000):
            deep = [deep]
        assert json.loads(wire.encode_answer(1, deep))["error"]["code"] == -32603


class TestAFailure:
    def test_has_the_id_of_its_request(self) -> None:
        assert wire.failure(0, -1, "no") == {"jsonrpc": "2.0", "id": 0, "error": {"code": -1, "message": "no"}}

    def test_leaves_out_an_id_that_could_not_be_read(self) -> None:
        assert "id" not in wire.failure(None, -1, "no")

    def test_has_data_when_there_is_some(self) -> None:
        assert wire.failure(1, -1, "no", {})["error"]["data"] == {}


class TestAFrame:
    def test_has_an_event_name_and_data(self) -> None:
        assert wire.frame(b"{}") == b"event: message\r\ndata: {}\r\n\r\n"

    def test_may_have_an_id(self) -> None:
        assert wire.frame(b"{}", "get.1") == b"id: get.1\r\nevent: message\r\ndata: {}\r\n\r\n"

    def test_that_primes_has_an_id_a_delay_and_no_data(self) -> None:
        assert wire.priming_frame("x.1") == b"id: x.1\r\nretry: 1000\r\ndata: \r\n\r\n"


def receiving(*messages: Json) -> Receive:
    left = list(messages)

    async def receive() -> Json:
        return left.pop(0)

    return receive


class TestABody:
    async def test_is_put_together(self) -> None:
        receive = receiving(
            {"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}
        )
        assert await wire.read_body(receive, 2) == b"ab"

    async def test_may_have_empty_parts(self) -> None:
        receive = receiving({"type": "http.request", "more_body": True}, {"type": "http.request"})
        assert await wire.read_body(receive, 2) == b""

    async def test_over_the_limit_is_refused_before_its_end(self) -> None:
        receive = receiving(
            {"type": "http.request", "body": b"ab", "more_body": True},
            {"type": "http.request", "body": b"c", "more_body": True},
        )
        with pytest.raises(HttpError) as raised:
            await wire.read_body(receive, 2)
        assert raised.value.status == 413

    async def test_that_never_ends_is_a_client_that_left(self) -> None:
        receive = receiving({"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"})
        with pytest.raises(ConnectionError):
            await wire.read_body(receive, 2)


class TestAResponse:
    async def sent(self, status: int, body: bytes = b"") -> list[Json]:
        messages: list[Json] = []

        async def send(message: Json) -> None:
            messages.append(message)

        await wire.respond(send, status, body)
        return messages

    async def test_says_how_long_it_is(self) -> None:
        start, body = await self.sent(200, b"{}")
        assert (b"content-length", b"2") in start["headers"]
        assert body["body"] == b"{}"

    async def test_that_never_has_content_has_no_length(self) -> None:
        """RFC 9110 §8.6."""
        start, _ = await self.sent(204)
        assert b"content-length" not in dict(start["headers"])
