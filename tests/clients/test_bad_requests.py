"""What a well-formed request gets that names nothing, or contradicts itself."""

import pytest

from tests.clients.wire import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MODERN,
    PREFIX,
    RESOURCE_NOT_FOUND,
    UNSUPPORTED_VERSION,
    Json,
    Wire,
    answer,
    modern_headers,
    refused,
)

# --- Methods, tools and other names ------------------------------------------------------------


def test_an_unknown_method_is_not_found_in_the_2026_era(wire: Wire) -> None:
    refused(wire.modern("tools/forget"), 404, METHOD_NOT_FOUND)


@pytest.mark.parametrize(
    "method", ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"]
)
def test_a_method_that_2026_removed_is_not_found_there(wire: Wire, method: str) -> None:
    refused(wire.modern(method, {"uri": "lab://notebook", "level": "info"}), 404, METHOD_NOT_FOUND)


def test_an_unknown_method_is_an_error_in_a_session(wire: Wire) -> None:
    response = wire.session().send("tools/forget")

    assert response.status_code == 200
    assert answer(response)["error"]["code"] == METHOD_NOT_FOUND


def test_a_method_of_2026_is_unknown_in_a_session(wire: Wire) -> None:
    assert answer(wire.session().send("server/discover"))["error"]["code"] == METHOD_NOT_FOUND


def test_an_unknown_tool_is_invalid_params_in_the_2026_era(wire: Wire) -> None:
    error = answer(wire.call("no_such_tool"))["error"]

    assert error["code"] == INVALID_PARAMS
    assert "no_such_tool" in error["message"]


def test_an_unknown_tool_is_invalid_params_in_a_session(wire: Wire) -> None:
    assert answer(wire.session().call("no_such_tool"))["error"]["code"] == INVALID_PARAMS


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("prompts/get", {"name": "no_such_prompt"}),
        ("resources/read", {"uri": "lab://no/such/thing"}),
        ("resources/read", {"uri": "notes://999999"}),
        ("tools/list", {"cursor": "no-such-cursor"}),
        ("tools/call", {"arguments": {}}),
        ("tools/call", {"name": "greet", "arguments": [1]}),
    ],
)
def test_a_name_or_parameter_that_leads_nowhere_is_invalid_params(wire: Wire, method: str, params: Json) -> None:
    assert answer(wire.modern(method, params))["error"]["code"] == INVALID_PARAMS


def test_an_unknown_resource_has_its_own_code_in_a_session(wire: Wire) -> None:
    response = wire.session().send("resources/read", {"uri": "lab://no/such/thing"})

    assert answer(response)["error"]["code"] == RESOURCE_NOT_FOUND


@pytest.mark.parametrize("arguments", [{}, {"name": 7}, {"number": 1}])
def test_arguments_that_do_not_fit_the_schema_are_a_tool_error(wire: Wire, arguments: Json) -> None:
    result = answer(wire.call("greet", None, **arguments))["result"]

    assert result["isError"] is True


# --- Versions and headers of the 2026 era ------------------------------------------------------


def test_an_unsupported_version_is_told_which_ones_there_are(wire: Wire) -> None:
    body = wire.modern_body("tools/list", {"_meta": {f"{PREFIX}protocolVersion": "1999-01-01"}})

    error = refused(
        wire.post(body, {**modern_headers(body), "MCP-Protocol-Version": "1999-01-01"}),
        400,
        UNSUPPORTED_VERSION,
    )

    assert MODERN in error["data"]["supported"]
    assert error["data"]["requested"] == "1999-01-01"


@pytest.mark.parametrize("missing", ["protocolVersion", "clientCapabilities"])
def test_a_request_without_its_required_meta_is_invalid(wire: Wire, missing: str) -> None:
    body = wire.modern_body("tools/list")
    del body["params"]["_meta"][f"{PREFIX}{missing}"]

    refused(wire.post(body, modern_headers(body)), 400, INVALID_PARAMS)


def test_a_request_without_params_lacks_its_meta(wire: Wire) -> None:
    body = wire.body("tools/list")

    refused(wire.post(body, modern_headers(body)), 400, INVALID_PARAMS)


@pytest.mark.parametrize(
    "headers",
    [
        {"Mcp-Method": None},
        {"Mcp-Method": "tools/list"},
        {"Mcp-Method": "TOOLS/CALL"},
        {"Mcp-Name": None},
        {"Mcp-Name": "add"},
        {"Mcp-Name": "=?base64?!!!?="},
    ],
)
def test_headers_that_contradict_the_body_are_a_mismatch(wire: Wire, headers: dict[str, str | None]) -> None:
    refused(wire.call("greet", headers, name="Ada"), 400, HEADER_MISMATCH)


@pytest.mark.parametrize("version", ["2025-11-25", None])
def test_a_version_header_that_contradicts_the_body_is_a_mismatch(wire: Wire, version: str | None) -> None:
    refused(wire.call("greet", {"MCP-Protocol-Version": version}, name="Ada"), 400, HEADER_MISMATCH)


def test_a_name_header_may_be_in_base64(wire: Wire) -> None:
    response = wire.call("greet", {"Mcp-Name": "=?base64?Z3JlZXQ=?="}, name="Ada")

    assert answer(response)["result"]["content"][0]["text"] == "Hello, Ada!"


def test_an_error_names_the_request_that_it_answers(wire: Wire) -> None:
    body = {**wire.modern_body("tools/forget"), "id": "a-string-id"}

    assert wire.post(body, modern_headers(body)).json()["id"] == "a-string-id"


def test_state_that_this_server_did_not_seal_is_refused(wire: Wire) -> None:
    response = wire.modern("tools/call", {"name": "ask_name", "arguments": {}, "requestState": "forged"})

    assert answer(response)["error"]["code"] == INVALID_PARAMS
