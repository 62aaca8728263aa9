"""The fixture server has everything that the suite asks for; no Node.js is needed to know."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live import LiveServer

TOOLS = {
    "json_schema_2020_12_tool",
    "test_audio_content",
    "test_custom_header",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_embedded_resource",
    "test_error_handling",
    "test_image_content",
    "test_input_required_result_capabilities",
    "test_input_required_result_elicitation",
    "test_input_required_result_list_roots",
    "test_input_required_result_multi_round",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_request_state",
    "test_input_required_result_sampling",
    "test_input_required_result_tampered_state",
    "test_logging_tool",
    "test_missing_capability",
    "test_multiple_content_types",
    "test_reconnection",
    "test_sampling",
    "test_simple_text",
    "test_streaming_elicitation",
    "test_tool_with_logging",
    "test_tool_with_progress",
    "test_trigger_prompt_change",
    "test_trigger_tool_change",
}
PROMPTS = {
    "test_input_required_result_prompt",
    "test_prompt_with_arguments",
    "test_prompt_with_embedded_resource",
    "test_prompt_with_image",
    "test_simple_prompt",
}
RESOURCES = {"test://static-binary", "test://static-text", "test://watched-resource"}


@pytest.fixture(scope="module")
def fixtures() -> Iterator[LiveServer]:
    """The fixture server."""
    with LiveServer("uvicorn", settings="tests.conformance.settings") as server:
        yield server


def ask(server: LiveServer, method: str, **params: Any) -> dict[str, Any]:
    """Result of a 2026-07-28 request that carries no token."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": method,
        **({"Mcp-Name": params["name"]} if "name" in params else {}),
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    answer = httpx.post(f"{server.url}/mcp", json=message, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def test_every_tool_is_there_and_no_other(fixtures: LiveServer) -> None:
    assert {tool["name"] for tool in ask(fixtures, "tools/list")["tools"]} == TOOLS


def test_every_prompt_is_there(fixtures: LiveServer) -> None:
    assert {prompt["name"] for prompt in ask(fixtures, "prompts/list")["prompts"]} == PROMPTS


def test_every_resource_is_there(fixtures: LiveServer) -> None:
    assert {resource["uri"] for resource in ask(fixtures, "resources/list")["resources"]} == RESOURCES


def test_the_template_is_there(fixtures: LiveServer) -> None:
    (template,) = ask(fixtures, "resources/templates/list")["resourceTemplates"]
    assert template["uriTemplate"] == "test://template/{id}/data"


def test_a_tool_answers_without_a_token_and_without_arguments(fixtures: LiveServer) -> None:
    (content,) = ask(fixtures, "tools/call", name="test_simple_text")["content"]
    assert content["text"] == "This is a simple text response for testing."


def test_a_published_schema_reaches_the_client_word_for_word(fixtures: LiveServer) -> None:
    (schema,) = [
        tool["inputSchema"]
        for tool in ask(fixtures, "tools/list")["tools"]
        if tool["name"] == "json_schema_2020_12_tool"
    ]
    assert schema["$defs"]["address"]["$anchor"] == "addressDef"
    assert schema["allOf"] == [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}]
    assert schema["additionalProperties"] is False
