"""Resources, templates, prompts and completions as they are declared."""

from typing import Annotated

import pytest
from pydantic import Field

from mcp_endpoint import Context, completion, prompt, resource
from mcp_endpoint.errors import DeclarationError
from tests.mcp_endpoint.conftest import Site

HERE = __name__


class TestAResource:
    def test_without_variables_is_a_resource(self, site: Site) -> None:
        @resource("greetings://default", title="Hello", mime_type="text/markdown")
        def greeting() -> str:
            """A greeting."""

        entry = site.registry.resources["greetings://default"]
        assert (entry.name, entry.title, entry.description) == ("greeting", "Hello", "A greeting.")
        assert entry.mime_type == "text/markdown"
        assert entry.match("greetings://default") is None

    def test_with_variables_is_a_template(self, site: Site) -> None:
        @resource("notes://{note_id}", name="note")
        def read(note_id: int) -> str: ...

        assert site.registry.templates["notes://{note_id}"].match("notes://7") == {"note_id": "7"}

    def test_with_parameters_that_are_no_variables_is_refused(self, site: Site) -> None:
        with pytest.raises(DeclarationError, match=r"the variables of 'notes://\{note_id\}' and the parameters"):

            @resource("notes://{note_id}")
            def read(number: int) -> str: ...

    def test_without_variables_has_no_parameters_but_a_context(self, site: Site) -> None:
        @resource("notes://all")
        def read(ctx: Context) -> str: ...

        with pytest.raises(DeclarationError, match="differ"):

            @resource("notes://one")
            def read_one(note_id: int) -> str: ...

    def test_with_a_broken_template_is_refused(self, site: Site) -> None:
        with pytest.raises(DeclarationError, match=rf"{HERE}:\d+: 'notes://{{a}}{{a}}' is no URI template"):

            @resource("notes://{a}{a}")
            def read(a: str) -> str: ...


class TestAPrompt:
    def test_has_its_parameters_as_arguments(self, site: Site) -> None:
        @prompt(title="Write a letter")
        def letter(name: Annotated[str, Field(description="Whom to")], tone: str = "kind") -> str:
            """A letter."""

        wire = site.registry.prompts["letter"].wire
        assert [(a.name, a.description, a.required) for a in wire.arguments or ()] == [
            ("name", "Whom to", True),
            ("tone", None, False),
        ]
        assert (wire.title, wire.description) == ("Write a letter", "A letter.")


class TestACompletion:
    def test_names_either_a_prompt_or_a_resource(self, site: Site) -> None:
        with pytest.raises(DeclarationError, match="names either a prompt or a resource"):
            completion(argument="name", prompt="letter", resource="notes://{name}")(lambda value: [])

    def test_names_one_of_them(self, site: Site) -> None:
        with pytest.raises(DeclarationError, match="names either a prompt or a resource"):
            completion(argument="name")(lambda value: [])

    def test_takes_nothing_that_nobody_passes(self, site: Site) -> None:
        with pytest.raises(DeclarationError, match="takes the value, and by name ctx and others"):
            completion(argument="name", prompt="letter")(lambda value, request: [])

    def test_takes_the_value(self, site: Site) -> None:
        def complete() -> list[str]: ...

        with pytest.raises(DeclarationError, match="takes the value, and by name ctx and others"):
            completion(argument="name", prompt="letter")(complete)

    def test_of_a_prompt_that_no_app_declares_stops_the_start(self, site: Site) -> None:
        completion(argument="name", prompt="letter")(lambda value: [])
        with pytest.raises(DeclarationError, match=rf"{HERE}:\d+: completion for 'letter', which no app declares"):
            site.registry.check()

    def test_of_a_template_is_accepted(self, site: Site) -> None:
        resource("notes://{name}")(lambda name: "")
        completion(argument="name", resource="notes://{name}")(lambda value: [])
        site.registry.check()
