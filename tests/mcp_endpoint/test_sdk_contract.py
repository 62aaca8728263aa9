"""What this room relies on of each name in sdk.py. An upgrade of the SDK that breaks the room fails here first."""

import ast
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ValidationError

import mcp_endpoint
from mcp_endpoint import sdk

ROOM = Path(mcp_endpoint.__file__).parent
PREFIX = "io.modelcontextprotocol/"
MODERN = "2026-07-28"
CLIENT = {"name": "c", "version": "1"}


def imported(path: Path) -> set[str]:
    """Modules that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOM)))
def test_only_one_module_imports_the_sdk(path: Path) -> None:
    names = {name for name in imported(path) if name.split(".")[0] == "mcp"}
    assert path.name == "sdk.py" or names == set()


def test_every_name_of_that_module_is_used_somewhere() -> None:
    text = "\n".join(path.read_text() for path in ROOM.rglob("*.py") if path.name != "sdk.py")
    assert [name for name in sdk.__all__ if name not in text and name not in VOCABULARY] == []


VOCABULARY = {"PromptsListChanged", "ResourceUpdated", "ResourcesListChanged", "ToolsListChanged"}
"""Named together with `ServerEvent`, whose members they are."""


def test_the_versions_are_those_that_the_eras_are_written_for() -> None:
    assert MODERN_PROTOCOL_VERSIONS == (MODERN,)
    assert set(HANDSHAKE_PROTOCOL_VERSIONS) == {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


class TestServeOne:
    def test_takes_what_we_pass(self) -> None:
        assert parameters(sdk.serve_one) == ["server", "dctx", "method", "params", "connection", "lifespan_state"]

    def test_is_awaited(self) -> None:
        assert inspect.iscoroutinefunction(sdk.serve_one)

    def test_errors_become_codes_without_details(self) -> None:
        assert sdk.modern_error_data(sdk.MCPError(-1, "no", {"a": 1})).model_dump() == {
            "code": -1,
            "message": "no",
            "data": {"a": 1},
        }
        assert sdk.modern_error_data(RuntimeError("s3cret")).message == "Internal server error"


class TestConnection:
    def test_from_an_envelope_is_ready_and_knows_the_client(self) -> None:
        made = sdk.Connection.from_envelope(MODERN, CLIENT, {"sampling": {}})
        assert made.initialize_accepted
        assert made.protocol_version == MODERN
        assert made.client_params is not None
        assert made.client_capabilities is not None
        assert made.client_capabilities.sampling is not None

    def test_from_an_envelope_without_a_client_is_ready_too(self) -> None:
        made = sdk.Connection.from_envelope(MODERN, None, None)
        assert made.initialize_accepted
        assert made.client_params is made.client_capabilities is None

    def test_of_a_handshake_is_not_ready(self) -> None:
        made = sdk.Connection.for_loop(None)  # type: ignore[arg-type]  # as the room calls it
        assert not made.initialize_accepted
        assert made.client_params is None

    def test_has_a_session_id_that_can_be_set(self) -> None:
        made = sdk.Connection.from_envelope(MODERN, None, None)
        made.session_id = "s"
        assert made.session_id == "s"


class TestClassification:
    HEADERS = {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "greet"}

    def body(self, **changes: Any) -> Mapping[str, Any]:
        meta = {f"{PREFIX}protocolVersion": MODERN, f"{PREFIX}clientCapabilities": {}, f"{PREFIX}clientInfo": CLIENT}
        params = {"name": "greet", "_meta": {**meta, **changes}}
        return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}

    def test_of_a_good_request_is_a_route(self) -> None:
        assert sdk.classify_inbound_request(self.body(), headers=self.HEADERS) == sdk.InboundModernRoute(
            MODERN, CLIENT, {}
        )

    @pytest.mark.parametrize(
        ("changes", "headers", "code"),
        [
            ({}, {"mcp-name": "other"}, -32020),
            ({f"{PREFIX}protocolVersion": "2027-01-01"}, {"mcp-protocol-version": "2027-01-01"}, -32022),
            ({f"{PREFIX}protocolVersion": 7}, {}, -32020),
        ],
    )
    def test_of_a_bad_one_is_a_rejection(self, changes: Any, headers: dict[str, str], code: int) -> None:
        found = sdk.classify_inbound_request(self.body(**changes), headers={**self.HEADERS, **headers})
        assert isinstance(found, sdk.InboundLadderRejection)
        assert found.code == code

    def test_of_no_envelope_is_a_rejection(self) -> None:
        found = sdk.classify_inbound_request({"method": "ping"}, headers={})
        assert isinstance(found, sdk.InboundLadderRejection)
        assert found.code == -32602

    def test_finds_a_routing_header_that_comes_twice(self) -> None:
        pairs = [("Mcp-Method", "a"), ("mcp-method", "b")]
        assert sdk.find_duplicated_routing_header(pairs) == "mcp-method"
        assert sdk.find_duplicated_routing_header(pairs[:1]) is None

    def test_codes_have_their_statuses(self) -> None:
        assert dict(sdk.ERROR_CODE_HTTP_STATUS) == {
            -32700: 400,
            -32600: 400,
            -32602: 400,
            -32020: 400,
            -32021: 400,
            -32022: 400,
            -32601: 404,
        }


class TestMirroredHeaders:
    SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "x-mcp-header": "A"}}}

    def test_are_checked_in_the_schema(self) -> None:
        assert sdk.find_invalid_x_mcp_header(self.SCHEMA) is None
        assert sdk.find_invalid_x_mcp_header({"properties": {"a": {"type": "string", "x-mcp-header": ""}}})

    def test_are_compared_with_the_arguments(self) -> None:
        assert sdk.validate_mcp_param_headers(self.SCHEMA, {"a": "b"}, {"mcp-param-a": "b"}) is None
        found = sdk.validate_mcp_param_headers(self.SCHEMA, {"a": "b"}, {})
        assert found is not None
        assert found.code == -32020


class TestRequestState:
    def context(self, **params: Any) -> sdk.ServerRequestContext[Any, Any]:
        return sdk.ServerRequestContext(
            session=None,  # type: ignore[arg-type]  # not looked at
            lifespan_context=None,
            method="tools/call",
            params={"name": "t", **params},
            request_id=1,
            protocol_version=MODERN,
        )

    async def test_is_sealed_on_the_way_out_and_opened_on_the_way_in(self) -> None:
        security = sdk.RequestStateSecurity(keys=["k" * 32], bind_principal=lambda ctx: "alice")
        boundary = sdk.RequestStateBoundary(security, default_audience="here")
        seen: list[Any] = []

        async def ask(ctx: Any) -> dict[str, Any]:
            seen.append(ctx.params.get("requestState"))
            return {"resultType": "input_required", "requestState": "plain"}

        first: Any = await boundary(self.context(), ask)
        await boundary(self.context(requestState=first["requestState"]), ask)
        assert "plain" not in first["requestState"]
        assert seen == [None, "plain"]

    async def test_that_was_changed_is_refused(self) -> None:
        boundary = sdk.RequestStateBoundary(sdk.RequestStateSecurity(keys=["k" * 32]), default_audience="here")
        with pytest.raises(sdk.MCPError) as raised:
            await boundary(self.context(requestState="v1.AAAA"), None)  # type: ignore[arg-type]  # never called
        assert raised.value.error.code == -32602


class TestListening:
    def test_takes_a_bus_and_is_called_like_a_handler(self) -> None:
        assert parameters(sdk.ListenHandler)[0] == "bus"
        assert parameters(sdk.ListenHandler.__call__) == ["self", "ctx", "params"]

    def test_events_are_read_from_the_notifications_that_we_publish(self) -> None:
        assert sdk.event_from_wire("notifications/tools/list_changed", {}) == sdk.ToolsListChanged()
        assert sdk.event_from_wire("notifications/prompts/list_changed", {}) == sdk.PromptsListChanged()
        assert sdk.event_from_wire("notifications/resources/list_changed", {}) == sdk.ResourcesListChanged()
        updated = sdk.event_from_wire("notifications/resources/updated", {"uri": "a://b"})
        assert updated == sdk.ResourceUpdated("a://b")
        assert sdk.event_from_wire("notifications/unknown", {}) is None


class Answer(BaseModel):
    n: int


class TestFunctionMetadata:
    def test_reads_arguments_and_leaves_out_the_context(self) -> None:
        def function(a: int, ctx: Any, b: str = "x") -> Answer: ...

        metadata = sdk.func_metadata(function, skip_names=["ctx"], structured_output=None)
        assert list(metadata.arg_model.model_fields) == ["a", "b"]
        assert metadata.validate_arguments({"a": "7"}) == {"a": 7, "b": "x"}
        assert metadata.output_schema is not None

    def test_refuses_arguments_that_do_not_fit(self) -> None:
        def function(a: int) -> str: ...

        with pytest.raises(ValidationError):
            sdk.func_metadata(function, structured_output=None).validate_arguments({"a": "x"})

    def test_converts_results(self) -> None:
        def function() -> Answer: ...

        result = sdk.func_metadata(function, structured_output=None).convert_result(Answer(n=1))
        assert isinstance(result, types.CallToolResult)
        assert result.structured_content == {"n": 1}


class TestUriTemplates:
    def test_are_told_from_uris(self) -> None:
        assert sdk.UriTemplate.is_template("a://{b}")
        assert not sdk.UriTemplate.is_template("a://b")

    def test_give_their_variables(self) -> None:
        template = sdk.UriTemplate.parse("a://{b}/{c}")
        assert list(template.variable_names) == ["b", "c"]
        assert template.match("a://1/2") == {"b": "1", "c": "2"}
        assert template.match("x://1/2") is None

    def test_decode_their_variables_after_matching(self) -> None:
        template = sdk.UriTemplate.parse("a://{b}/{c}")
        assert template.match("a://x%2Fy/2") == {"b": "x/y", "c": "2"}
        assert template.match("a://1/2/3") is None

    def test_that_are_broken_raise(self) -> None:
        with pytest.raises(sdk.InvalidUriTemplate):
            sdk.UriTemplate.parse("a://{")


class TestTheServer:
    def test_can_be_given_hints_handlers_and_middleware(self) -> None:
        server: sdk.Server[Any] = sdk.Server(
            "s", version="1", cache_hints=dict.fromkeys(sdk.CACHEABLE_METHODS, sdk.CacheHint(1, "private"))
        )
        assert isinstance(server.middleware, list)
        assert callable(server.add_request_handler)
        assert server.create_initialization_options(sdk.NotificationOptions(True, True, True)).server_name == "s"

    def test_hints_cover_what_the_specification_has_cached(self) -> None:
        """MCP 2026-07-28 server/utilities/caching."""
        assert set(sdk.CACHEABLE_METHODS) == {
            "server/discover",
            "tools/list",
            "prompts/list",
            "resources/list",
            "resources/templates/list",
            "resources/read",
        }

    def test_a_transport_says_whether_it_can_ask(self) -> None:
        assert not sdk.TransportContext(kind="streamable-http", can_send_request=False).can_send_request

    def test_a_message_carries_our_exchange(self) -> None:
        marker: Any = object()
        assert sdk.ServerMessageMetadata(request_context=marker).request_context is marker

    def test_a_missing_way_back_is_a_protocol_error(self) -> None:
        assert issubclass(sdk.NoBackChannelError, sdk.MCPError)
