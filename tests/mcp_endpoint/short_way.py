"""Tools with every kind of answer, and how to ask for it by our short way and by the SDK."""

import base64
import datetime
from typing import Annotated, Any

import mcp_types as types
import pytest
from pydantic import BaseModel, Field

from mcp_endpoint import ToolError, kernel, tool
from mcp_endpoint.entries import Entry, ToolEntry
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.sdk import modern_error_data
from mcp_endpoint.server import make_server
from mcp_endpoint.wire import encode, encode_answer, failure, success
from oauth_bridge.principal import Principal
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import MODERN
from tests.mcp_endpoint.people import principal

SESSIONS = ("2025-03-26", "2025-06-18", "2025-11-25")
INFO = {"name": "tests", "version": "1"}
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
}


class City(BaseModel):
    """Where it rains."""

    name: str
    rain: float | None = None
    twin: "City | None" = None


TEXT = types.TextContent(type="text", text="text")
ANSWERS: dict[str, Any] = {
    "text": "plain",
    "other script": "Grüße, 世界 🎉 \u2028 \x7f",
    "half a character": "\ud800",
    "nothing": None,
    "number": 3,
    "large number": 2**70,
    "fraction": 0.1,
    "not a number": float("nan"),
    "truth": True,
    "list": [1, "two", None, [3.5]],
    "empty list": [],
    "object": {"a": None, "b": {"c": [1, {"d": False}]}},
    "odd keys": {1: "one"},
    "date": datetime.date(2026, 7, 28),
    "dates": {"on": datetime.datetime(2026, 7, 28, tzinfo=datetime.UTC)},
    "model": City(name="Bergen", rain=1, twin=City(name="Oslo")),
    "models": [City(name="Bergen")],
    "bytes": b"\x00\x01",
    "content": TEXT,
    "several": [TEXT, "two"],
    "annotated": types.TextContent(type="text", text="t", annotations=types.Annotations(priority=0.5)),
    "with meta": types.TextContent(type="text", text="t", _meta={"k": 1}),
    "image": types.ImageContent(type="image", data=base64.b64encode(b"i").decode(), mime_type="image/png"),
    "link": types.ResourceLink(type="resource_link", name="n", uri="note://1"),
    "result": types.CallToolResult(content=[TEXT], structured_content={"a": [None, 1]}),
    "bad result": types.CallToolResult(content=[TEXT], is_error=True),
    "result with meta": types.CallToolResult(content=[TEXT], _meta={"k": "v"}),
    "result with a date": types.CallToolResult(content=[], structured_content={"on": datetime.date(2026, 7, 28)}),
    "result with odd keys": types.CallToolResult(content=[], structured_content={"n": {2: "two"}}),
    "wrong result": types.CallToolResult.model_construct(content=[TEXT], structured_content="no object"),
    "wrong content": types.CallToolResult.model_construct(content=["text"], is_error=False),
    "wrong text": types.CallToolResult.model_construct(content=[types.TextContent.model_construct(text=5)]),
}


def declare() -> None:
    """Tools that answer with whatever they are asked for."""

    @tool()
    async def give(what: str) -> Any:
        """Give an answer."""
        return ANSWERS[what]

    @tool(structured=True)
    async def echo(words: list[str], times: int = 1, city: City | None = None) -> dict[str, Any]:
        """Say it again."""
        return {"words": words * times, "city": None if city is None else city.model_dump()}

    @tool()
    async def greet(name: str) -> str:
        """Greet."""
        return f"Hello, {name}!"

    @tool()
    async def torn() -> str:
        """Text that UTF-8 has no bytes for."""
        return "\ud800"

    @tool()
    async def short() -> Annotated[str, Field(max_length=2)]:
        """Text that is longer than was declared."""
        return "long"

    @tool(structured=False)
    async def loose(name: str) -> str:
        """Text alone."""
        return name

    @tool()
    async def renamed(sent: Annotated[str, Field(alias="as")], number: int = 1) -> str:
        """An argument that is called otherwise."""
        return sent * number

    @tool()
    def half(number: float) -> float:
        """Half of it."""
        return number / 2

    @tool()
    async def city(name: str) -> City:
        """A city."""
        return City(name=name)

    @tool()
    async def fail(how: str) -> str:
        """Fail."""
        raise ToolError(how) if how else RuntimeError("secret")


def exchange_for(site: Site, version: str, params: Any, caller: Principal | None = None) -> Exchange:
    return Exchange(
        site.endpoint,
        caller or principal(),
        request_id="seven",
        params=params,
        version=version,
        push=lambda _: None,
        modern=version == MODERN,
    )


async def both_ways(
    site: Site, version: str, method: str, params: Any, client: Any = (INFO, {})
) -> tuple[bytes, bytes, Exchange]:
    """What a request is answered by us, and by the SDK alone; and our exchange."""
    server = make_server(site.endpoint)
    ours, theirs = (exchange_for(site, version, params) for _ in range(2))

    async def by_the_sdk() -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ToolEntry, "result", lambda entry, value: entry.metadata.convert_result(value))
            patch.setattr(Entry, "read", lambda entry, values: entry.metadata.validate_arguments(dict(values)))
            found = await kernel._through_sdk(server, theirs, method, params, client)
        return encode_answer("seven", success("seven", found))

    async def told(answer: Any) -> bytes:
        try:
            body: bytes = await answer
            return body
        except Exception as raised:
            error = modern_error_data(raised)
            return encode(failure("seven", error.code, error.message, error.data))

    us, them = await told(kernel.respond(server, ours, method, params, client)), await told(by_the_sdk())
    assert ours.capabilities == theirs.capabilities
    return us, them, ours


def parameters(version: str, **params: Any) -> dict[str, Any]:
    return {**params, "_meta": {**ENVELOPE, **params.get("_meta", {})}} if version == MODERN else params
