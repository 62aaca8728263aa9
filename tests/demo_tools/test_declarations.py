"""What the demo tools declare, and who may use which of it."""

import pytest

from accounts.models import User
from demo_tools import mcp as tools
from mcp_endpoint.registry import Registry, may_use, registry
from oauth_bridge.principal import Principal

NOTES = {"add_note", "list_notes", "search_notes", "delete_note"}
OTHERS = {"greet", "multi_greet", "add", "divide", "whoami", "count", "notification_stream"}


@pytest.fixture
def declared() -> Registry:
    """The default Endpoint's registry, with the demo tools in it."""
    assert tools.__name__ == "demo_tools.mcp"
    return registry()


def principal(*scopes: str) -> Principal:
    """Somebody's client with these scopes."""
    return Principal(
        user=User(username="ada"),
        client_id="claude",
        client_name="Claude",
        connection_id=1,
        scopes=frozenset(scopes),
        resource="http://localhost:8000/mcp",
        expires_at=0,
    )


def test_every_tool_is_declared(declared: Registry) -> None:
    assert declared.tools.keys() >= NOTES | OTHERS | {"github_profile"}


@pytest.mark.parametrize("name", ["notes:read", "notes:write"])
def test_the_scopes_of_notes_are_granted_unless_a_client_asks_for_less(declared: Registry, name: str) -> None:
    assert declared.scopes[name].default


def test_reading_notes_opens_no_tool_that_writes(declared: Registry) -> None:
    reader = principal("notes:read")
    assert {name for name in NOTES if may_use(reader, declared.tools[name])} == {"list_notes", "search_notes"}


def test_the_base_scope_opens_everything_but_notes(declared: Registry) -> None:
    caller = principal("mcp")
    assert {name for name in NOTES | OTHERS if may_use(caller, declared.tools[name])} == OTHERS


def test_a_note_is_read_with_the_scope_for_reading(declared: Registry) -> None:
    template = declared.templates["notes://{note_id}"]
    assert may_use(principal("notes:read"), template)
    assert not may_use(principal("mcp"), template)


def test_only_deleting_is_destructive(declared: Registry) -> None:
    assert {name for name in NOTES | OTHERS if declared.tools[name].effect == "destructive"} == {"delete_note"}


def test_the_default_greeting_has_its_name(declared: Registry) -> None:
    assert declared.resources["greetings://default"].name == "greetings/default"


def test_the_prompts_argument_is_required_and_completed(declared: Registry) -> None:
    (argument,) = declared.prompts["greeting-template"].wire.arguments or []
    assert (argument.name, argument.required) == ("name", True)
    assert ("greeting-template", "name") in declared.completions


@pytest.mark.parametrize(("name", "lowest", "highest"), [("interval", 1, 60_000), ("count", 1, 10_000)])
def test_a_stream_has_bounds(declared: Registry, name: str, lowest: int, highest: int) -> None:
    schema = declared.tools["notification_stream"].wire.input_schema["properties"][name]
    assert (schema["minimum"], schema["maximum"]) == (lowest, highest)


def test_a_note_comes_back_as_structured_content(declared: Registry) -> None:
    schema = declared.tools["add_note"].wire.output_schema
    assert schema is not None
    assert set(schema["properties"]) == {"id", "uri", "text", "created_at"}
