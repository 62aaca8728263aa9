"""Serving `resources/read` and the lists of resources and templates."""

import base64
from typing import Any

import mcp_types as types
import pytest
from pydantic import BaseModel, Field

from mcp_endpoint import Context, ToolError, resource
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Json
from tests.mcp_endpoint.people import Somebody, let_in, principal

INVALID_PARAMS, LEGACY_NOT_FOUND, INTERNAL_ERROR = -32602, -32002, -32603


class Note(BaseModel):
    text: str = Field(alias="t")


async def read(site: Site, uri: str) -> Json:
    """The one content of a resource."""
    (content,) = (await site.client().modern("resources/read", {"uri": uri})).result["contents"]
    found: Json = content
    return found


class TestAResource:
    @pytest.mark.parametrize(
        ("value", "content"),
        [
            ("hello", {"text": "hello", "mimeType": "text/plain"}),
            (b"\x00\xff", {"blob": base64.b64encode(b"\x00\xff").decode(), "mimeType": "application/octet-stream"}),
            ({"a": 1}, {"text": '{"a":1}', "mimeType": "application/json"}),
            ([1, 2], {"text": "[1,2]", "mimeType": "application/json"}),
            (Note(t="x"), {"text": '{"t":"x"}', "mimeType": "application/json"}),
        ],
        ids=["str", "bytes", "dict", "list", "model"],
    )
    async def test_is_sent_by_its_kind(self, site: Site, value: Any, content: Json) -> None:
        resource("r://x")(lambda: value)
        assert await read(site, "r://x") == {"uri": "r://x", **content}

    @pytest.mark.parametrize("value", ["hello", b"hello", {"a": 1}])
    async def test_has_the_media_type_that_it_declares(self, site: Site, value: Any) -> None:
        resource("r://x", mime_type="text/markdown")(lambda: value)
        assert (await read(site, "r://x"))["mimeType"] == "text/markdown"

    async def test_that_is_whole_is_sent_as_it_is(self, site: Site) -> None:
        whole = types.ReadResourceResult(contents=[types.TextResourceContents(uri="r://other", text="t")])
        resource("r://x")(lambda: whole)
        assert (await read(site, "r://x"))["uri"] == "r://other"

    async def test_gets_the_variables_of_its_uri(self, site: Site) -> None:
        @resource("notes://{author}/{number}")
        async def note(author: str, number: int, ctx: Context) -> str:
            return f"{author} {number + 1} {ctx.user.username}"

        assert (await read(site, "notes://ada/7"))["text"] == "ada 8 alice"


async def refusal(site: Site, era: str, uri: str = "r://x") -> Json:
    """The error of a read in an era."""
    if era == "modern":
        return (await site.client().modern("resources/read", {"uri": uri})).error
    return (await (await site.session()).ask("resources/read", {"uri": uri})).error


@pytest.mark.parametrize(("era", "code"), [("modern", INVALID_PARAMS), ("legacy", LEGACY_NOT_FOUND)])
class TestAMissingResource:
    async def test_has_the_code_of_its_era(self, site: Site, era: str, code: int) -> None:
        assert await refusal(site, era) == {"code": code, "message": "Unknown resource", "data": {"uri": "r://x"}}

    async def test_is_one_without_permission(self, site: Site, era: str, code: int) -> None:
        resource("r://x", permission="notes.view")(lambda: "")
        assert (await refusal(site, era))["code"] == code

    async def test_is_one_whose_variables_do_not_fit(self, site: Site, era: str, code: int) -> None:
        @resource("notes://{number}")
        async def note(number: int) -> str: ...

        assert (await refusal(site, era, "notes://seven"))["message"] == "Unknown resource"

    async def test_is_one_whose_function_says_so(self, site: Site, era: str, code: int) -> None:
        @resource("r://x")
        async def note() -> str:
            raise ToolError("There is no such note.")

        error = await refusal(site, era)
        assert (error["code"], error["message"]) == (code, "There is no such note.")


class TestAFault:
    @pytest.mark.parametrize(
        "function",
        [lambda: 1 / 0, lambda: 7, lambda: Note(t=object())],  # type: ignore[arg-type]  # the faults tested
        ids=["raises", "returns-a-number", "validates"],
    )
    async def test_is_a_generic_error_and_the_log_says_why(
        self, site: Site, caplog: pytest.LogCaptureFixture, function: Any
    ) -> None:
        resource("r://x")(function)
        answer = await site.client().modern("resources/read", {"uri": "r://x"})
        assert answer.error == {"code": INTERNAL_ERROR, "message": "Internal server error"}
        assert "Traceback" in caplog.text


class TestAList:
    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        resource("r://open", name="open", title="Open", description="Open.", mime_type="text/plain")(lambda: "")
        resource("r://guarded", permission="notes.view")(lambda: "")
        resource("r://{x}", name="each", description="Each.")(lambda x: "")
        resource("s://{x}", permission="notes.view")(lambda x: "")

    async def test_of_resources_has_those_that_the_caller_may_read(self, site: Site) -> None:
        (found,) = (await site.client().modern("resources/list")).result["resources"]
        assert found == {
            "uri": "r://open",
            "name": "open",
            "title": "Open",
            "description": "Open.",
            "mimeType": "text/plain",
        }

    async def test_of_templates_has_those_that_the_caller_may_read(self, site: Site) -> None:
        (found,) = (await site.client().modern("resources/templates/list")).result["resourceTemplates"]
        assert found == {"uriTemplate": "r://{x}", "name": "each", "description": "Each."}

    async def test_has_more_for_who_may_more(self, site: Site) -> None:
        let_in("carol", principal(Somebody(3, "carol", {"notes.view"})))
        client = site.client("carol")
        assert len((await client.modern("resources/list")).result["resources"]) == 2
        assert len((await client.modern("resources/templates/list")).result["resourceTemplates"]) == 2
