"""The short way of plain requests gives what the SDK gives, byte for byte."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mcp_endpoint import kernel, tool
from mcp_endpoint.server import make_server
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import MODERN
from tests.mcp_endpoint.short_way import ANSWERS, ENVELOPE, INFO, SESSIONS, both_ways, declare, exchange_for, parameters


@pytest.mark.parametrize("version", [*SESSIONS, MODERN])
@pytest.mark.parametrize("what", ANSWERS)
async def test_every_kind_of_answer(site: Site, what: str, version: str) -> None:
    declare()
    us, them, _ = await both_ways(
        site, version, "tools/call", parameters(version, name="give", arguments={"what": what})
    )
    assert us == them


CALLS: dict[str, Any] = {
    "right": {"name": "greet", "arguments": {"name": "Ada"}},
    "a list as text": {"name": "echo", "arguments": {"words": '["a", "b"]', "times": "2"}},
    "nested": {"name": "echo", "arguments": {"words": ["a"], "city": {"name": "Bergen", "rain": None}}},
    "an unknown argument": {"name": "greet", "arguments": {"name": "Ada", "more": 1}},
    "a missing argument": {"name": "greet", "arguments": {}},
    "no arguments": {"name": "greet"},
    "null for arguments": {"name": "greet", "arguments": None},
    "a list of arguments": {"name": "greet", "arguments": ["Ada"]},
    "a wrong argument": {"name": "half", "arguments": {"number": "many"}},
    "a number as text": {"name": "half", "arguments": {"number": "3"}},
    "a model": {"name": "city", "arguments": {"name": "Oslo"}},
    "torn text": {"name": "torn"},
    "too long a text": {"name": "short"},
    "text alone": {"name": "loose", "arguments": {"name": "[1]"}},
    "an alias": {"name": "renamed", "arguments": {"as": "[1]", "number": "2"}},
    "an error": {"name": "fail", "arguments": {"how": "so"}},
    "a crash": {"name": "fail", "arguments": {"how": ""}},
    "an unknown tool": {"name": "nobody", "arguments": {}},
    "a number for a name": {"name": 5},
    "no name": {"arguments": {}},
    "a progress token": {"name": "greet", "arguments": {"name": "Ada"}, "_meta": {"progressToken": 7}},
    "a wrong progress token": {"name": "greet", "arguments": {"name": "Ada"}, "_meta": {"progressToken": [7]}},
    "a true progress token": {"name": "greet", "arguments": {"name": "Ada"}, "_meta": {"progressToken": True}},
    "a null progress token": {"name": "greet", "arguments": {"name": "Ada"}, "_meta": {"progressToken": None}},
    "other meta": {"name": "greet", "arguments": {"name": "Ada"}, "_meta": {"traceparent": "00-1"}},
    "a wrong log level": {"name": "greet", "_meta": {"io.modelcontextprotocol/logLevel": "loud"}},
    "null for meta": {"name": "greet", "arguments": {"name": "Ada"}, "_meta": None},
    "forged state": {"name": "greet", "arguments": {"name": "Ada"}, "requestState": "forged"},
    "answers": {"name": "greet", "arguments": {"name": "Ada"}, "inputResponses": {}},
    "something else": {"name": "greet", "arguments": {"name": "Ada"}, "cursor": "c"},
}


@pytest.mark.parametrize("version", [*SESSIONS, MODERN])
@pytest.mark.parametrize("call", CALLS)
async def test_every_kind_of_call(site: Site, call: str, version: str) -> None:
    declare()
    params = CALLS[call]
    if version == MODERN and params.get("_meta", {}) is not None:
        params = parameters(version, **params)
    us, them, _ = await both_ways(site, version, "tools/call", params)
    assert us == them


CLIENTS: dict[str, Any] = {
    "nothing": (None, None),
    "empty": ({}, {}),
    "usual": (INFO, {"roots": {"listChanged": True}, "sampling": {}}),
    "wrong info": ({"name": 5}, {}),
    "wrong capabilities": (INFO, {"sampling": 1}),
    "no object": ("me", ["all"]),
    "long": ({**INFO, "title": "t" * 5000}, {}),
    "unknown": (INFO, {"experimental": {"x": {}}, "tomorrow": {"y": 1}}),
}


@pytest.mark.parametrize("version", [*SESSIONS, MODERN])
@pytest.mark.parametrize("who", CLIENTS)
async def test_every_kind_of_client(site: Site, who: str, version: str) -> None:
    declare()
    info, capabilities = CLIENTS[who]
    meta = {
        **ENVELOPE,
        "io.modelcontextprotocol/clientInfo": info,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    }
    params: dict[str, Any] = {"name": "greet", "arguments": {"name": "Ada"}}
    for method, sent in (("tools/call", params), ("tools/list", {})):
        asked = {**sent, "_meta": meta} if version == MODERN else sent
        us, them, _ = await both_ways(site, version, method, asked, (info, capabilities))
        assert us == them


@pytest.mark.parametrize("version", [*SESSIONS, MODERN])
@pytest.mark.parametrize("params", [None, {}, {"cursor": None}, {"cursor": "c"}, {"_meta": {"progressToken": "t"}}])
async def test_every_kind_of_list(site: Site, params: Any, version: str) -> None:
    declare()
    asked = parameters(version, **(params or {})) if version == MODERN else params
    for _ in range(2):  # made, and kept
        us, them, _ = await both_ways(site, version, "tools/list", asked)
        assert us == them


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_whatever_arguments_and_whatever_answer(site: Site) -> None:
    declare()

    @hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(arguments=st.dictionaries(st.sampled_from(["words", "times", "city", "x"]), JSON), answer=JSON)
    def same(arguments: Any, answer: Any) -> None:
        ANSWERS["drawn"] = answer
        for name, given_arguments in (("echo", arguments), ("give", {"what": "drawn"})):
            for version in ("2025-11-25", MODERN):
                params = parameters(version, name=name, arguments=given_arguments)
                us, them, _ = asyncio.run(both_ways(site, version, "tools/call", params))
                assert us == them

    same()
    del ANSWERS["drawn"]


async def test_a_tool_runs_once_whichever_way_its_answer_takes(site: Site) -> None:
    runs = []

    @tool()
    async def once(kind: str) -> Any:
        """Count."""
        runs.append(kind)
        return ANSWERS[kind]

    for kind in ("text", "image"):
        params = parameters(MODERN, name="once", arguments={"kind": kind})
        await kernel.respond(
            make_server(site.endpoint), exchange_for(site, MODERN, params), "tools/call", params, (INFO, {})
        )
    assert runs == ["text", "image"]
