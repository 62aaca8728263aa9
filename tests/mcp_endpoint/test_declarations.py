"""The decorators of an app's `mcp.py`: what they add to the registry, and what they refuse."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from mcp_types import Icon
from pydantic import BaseModel, Field

from mcp_endpoint import Context, completion, prompt, resource, scope, tool
from mcp_endpoint.errors import DeclarationError
from mcp_endpoint.registry import registry
from tests.mcp_endpoint.conftest import Site

HERE = __name__


def schema_of(name: str) -> dict[str, Any]:
    return registry().tools[name].wire.input_schema


class TestATool:
    def test_is_named_after_its_function(self, site: Site) -> None:
        @tool()
        def greet() -> str: ...

        assert list(site.registry.tools) == ["greet"]

    def test_has_the_name_that_it_is_given(self, site: Site) -> None:
        @tool(name="greetings/say-hello")
        def greet() -> str: ...

        assert list(site.registry.tools) == ["greetings/say-hello"]

    def test_leaves_the_function_as_it_was(self, site: Site) -> None:
        def greet() -> str:
            return "hello"

        assert tool()(greet) is greet

    @pytest.mark.parametrize("name", ["two words", "naïve", "x" * 129, "a:b", "line\n"])
    def test_has_a_name_that_every_client_accepts(self, site: Site, name: str) -> None:
        with pytest.raises(DeclarationError, match="is no tool name"):
            tool(name=name)(lambda: "")

    def test_is_described_by_its_docstring(self, site: Site) -> None:
        @tool()
        def greet() -> str:
            """Greet somebody.

            Politely.
            """

        assert site.registry.tools["greet"].wire.description == "Greet somebody.\n\nPolitely."

    def test_is_described_by_the_description_it_is_given(self, site: Site) -> None:
        @tool(description="Say hello.")
        def greet() -> str:
            """Internal remarks."""

        assert site.registry.tools["greet"].wire.description == "Say hello."

    def test_without_any_description_is_described_by_its_name(self, site: Site) -> None:
        @tool()
        def greet() -> str: ...

        assert site.registry.tools["greet"].wire.description == "greet"

    def test_has_the_schema_of_its_annotations(self, site: Site) -> None:
        @tool()
        def greet(name: Annotated[str, Field(max_length=10)], times: int = 1) -> str: ...

        schema = schema_of("greet")
        assert schema["properties"]["name"]["maxLength"] == 10
        assert schema["required"] == ["name"]

    def test_publishes_an_input_schema_that_it_is_given_as_it_is(self, site: Site) -> None:
        given = {"type": "object", "properties": {"name": {"type": "string", "x-mcp-header": "Name"}}}

        @tool(input_schema=given)
        def greet(name: str) -> str: ...

        assert schema_of("greet") == given

    def test_with_a_header_annotation_that_no_client_can_send_is_refused(self, site: Site) -> None:
        given = {"type": "object", "properties": {"name": {"type": "string", "x-mcp-header": "not a token"}}}
        with pytest.raises(DeclarationError, match=rf"{HERE}:\d+: x-mcp-header of tool"):
            tool(name="greet", input_schema=given)(lambda name: "")

    def test_has_the_output_schema_of_its_return_type(self, site: Site) -> None:
        class Greeting(BaseModel):
            text: str

        @tool()
        def greet() -> Greeting: ...

        assert list((site.registry.tools["greet"].wire.output_schema or {})["properties"]) == ["text"]

    def test_without_structured_output_has_no_output_schema(self, site: Site) -> None:
        @tool(structured=False)
        def greet() -> str: ...

        assert site.registry.tools["greet"].wire.output_schema is None

    def test_tells_its_hints_title_icons_and_meta(self, site: Site) -> None:
        icon = Icon(src="https://example.com/icon.png")

        @tool(title="Greet", destructive=True, idempotent=True, open_world=False, icons=[icon], meta={"a": 1})
        def greet() -> str: ...

        wire = site.registry.tools["greet"].wire.model_dump(by_alias=True, exclude_none=True, mode="json")
        assert wire["title"] == "Greet"
        assert wire["annotations"] == {
            "title": "Greet",
            "readOnlyHint": False,
            "destructiveHint": True,
            "idempotentHint": True,
            "openWorldHint": False,
        }
        assert wire["icons"] == [{"src": "https://example.com/icon.png"}]
        assert wire["_meta"] == {"a": 1}

    def test_with_an_annotation_that_no_schema_can_express_names_its_place(self, site: Site) -> None:
        with pytest.raises(DeclarationError, match=rf"{HERE}:\d+: 'greet' has no usable signature"):

            @tool()
            def greet(name: "NoSuchType") -> str: ...  # type: ignore[name-defined]  # noqa: F821  (the fault tested)

    def test_can_belong_to_another_endpoint(self, site: Site) -> None:
        @tool(endpoint="admin")
        def greet() -> str: ...

        assert list(registry("admin").tools) == ["greet"]
        assert site.registry.tools == {}


class TestAContextParameter:
    def test_is_found_by_its_annotation(self, site: Site) -> None:
        @tool()
        def greet(name: str, whoever: Context) -> str: ...

        assert site.registry.tools["greet"].context_parameter == "whoever"

    def test_is_no_argument_for_clients(self, site: Site) -> None:
        @tool()
        def greet(name: str, ctx: Context) -> str: ...

        assert list(schema_of("greet")["properties"]) == ["name"]

    def test_may_be_optional(self, site: Site) -> None:
        @tool()
        def greet(name: str, ctx: Context | None = None) -> str: ...

        assert site.registry.tools["greet"].context_parameter == "ctx"
        assert list(schema_of("greet")["properties"]) == ["name"]

    def test_may_be_left_out(self, site: Site) -> None:
        @tool()
        def greet(name: str) -> str: ...

        assert site.registry.tools["greet"].context_parameter is None


class TestAFunction:
    def test_that_is_async_is_known_for_it_behind_a_decorator(self, site: Site) -> None:
        async def greet() -> str: ...

        @functools.wraps(greet)
        def wrapped(*args: Any) -> Any: ...

        tool()(wrapped)
        assert site.registry.tools["greet"].is_async

    def test_that_is_plain_is_known_for_it(self, site: Site) -> None:
        @tool()
        def greet() -> str: ...

        assert not site.registry.tools["greet"].is_async


class TestAScope:
    def test_is_declared_with_its_sentence(self, site: Site) -> None:
        scope("notes:read", "Read your notes", default=False)
        entry = site.registry.scopes["notes:read"]
        assert (entry.description, entry.default) == ("Read your notes", False)

    def test_remembers_the_line_that_declared_it(self, site: Site) -> None:
        scope("notes:read", "Read your notes")
        assert site.registry.scopes["notes:read"].place.startswith(f"{HERE}:")

    def test_that_no_app_declares_stops_the_start(self, site: Site) -> None:
        @tool(scope=["mcp", "notes:read"])
        def greet() -> str: ...

        with pytest.raises(DeclarationError, match=r"'greet' asks for the scope 'notes:read', which no app declares"):
            site.registry.check()


class TestTwoDeclarationsOfOneName:
    def test_name_both_places(self, site: Site) -> None:
        def first() -> str: ...

        def second() -> str: ...

        tool(name="greet")(first)
        with pytest.raises(DeclarationError) as raised:
            tool(name="greet")(second)
        one, two = first.__code__.co_firstlineno, second.__code__.co_firstlineno
        assert str(raised.value) == f"The tool 'greet' is declared twice: in {HERE}:{one} and in {HERE}:{two}."

    @pytest.mark.parametrize(
        "declare",
        [
            lambda: scope("s", "S"),
            lambda: resource("r://x")(lambda: ""),
            lambda: resource("r://{x}")(lambda x: ""),
            lambda: prompt(name="p")(lambda: ""),
            lambda: completion(argument="a", prompt="p")(lambda value: []),
        ],
        ids=["scope", "resource", "template", "prompt", "completion"],
    )
    def test_are_refused_for_every_kind(self, site: Site, declare: Callable[[], object]) -> None:
        declare()
        with pytest.raises(DeclarationError, match="is declared twice"):
            declare()
