"""The sealed state of a call that asks in rounds: nobody can change it or use it elsewhere."""

from typing import Any

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, tool
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Answer
from tests.mcp_endpoint.eras import ANYTHING, Client
from tests.mcp_endpoint.people import Somebody, let_in, principal

INVALID_PARAMS = -32602
SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    for name in ("ask", "ask_too"):

        @tool(name=name)
        async def ask(ctx: Context, about: str = "") -> str:
            ctx.state["secret"] = "s3cret"
            return (await ctx.elicit("Well?", SCHEMA)).action


async def state_of(client: Client) -> str:
    """The state that a first round gives."""
    answer = await client.call("ask", capabilities=ANYTHING)
    state: str = answer.result["requestState"]
    return state


async def come_back(client: Client, state: Any, name: str = "ask", arguments: Any = None) -> Answer:
    """The second round."""
    params = {
        "name": name,
        "arguments": arguments or {},
        "requestState": state,
        "inputResponses": {"elicitation": {"action": "accept"}},
    }
    return await client.modern("tools/call", params, capabilities=ANYTHING)


def refused(answer: Answer) -> bool:
    assert (answer.status, answer.error["code"]) == (400, INVALID_PARAMS)
    return True


async def test_it_is_accepted_as_it_was_given(site: Site) -> None:
    answer = await come_back(site.client(), await state_of(site.client()))
    assert answer.result["content"][0]["text"] == "accept"


async def test_it_is_encrypted(site: Site) -> None:
    assert "s3cret" not in await state_of(site.client())


@pytest.mark.parametrize("position", [0, 5, 40, -1])
async def test_it_cannot_be_changed(site: Site, position: int) -> None:
    state = list(await state_of(site.client()))
    state[position] = "A" if state[position] != "A" else "B"
    assert refused(await come_back(site.client(), "".join(state)))


@pytest.mark.parametrize("state", ["", "v1.", "made up", '{"state": {}, "answers": {}}', 7, {}])
async def test_it_cannot_be_made_up(site: Site, state: Any) -> None:
    assert refused(await come_back(site.client(), state))


async def test_it_cannot_be_used_by_another_user(site: Site) -> None:
    assert refused(await come_back(site.client("bob"), await state_of(site.client())))


async def test_it_cannot_be_used_by_another_client_of_the_same_user(site: Site) -> None:
    let_in("other", principal(Somebody(1, "alice"), client_id="other"))
    assert refused(await come_back(site.client("other"), await state_of(site.client())))


async def test_it_cannot_be_used_for_another_tool(site: Site) -> None:
    assert refused(await come_back(site.client(), await state_of(site.client()), name="ask_too"))


async def test_it_cannot_be_used_with_other_arguments(site: Site) -> None:
    assert refused(await come_back(site.client(), await state_of(site.client()), arguments={"about": "x"}))


async def test_it_cannot_be_used_at_another_endpoint(site: Site, settings: Settings) -> None:
    settings.MCP_ENDPOINTS = {
        "default": {"path": "/mcp", "title": "Site"},
        "admin": {"path": "/admin-mcp", "title": "Admin"},
    }
    tool(name="ask", endpoint="admin")(site.registry.tools["ask"].function)
    state = await state_of(site.client())
    elsewhere = site.client()
    elsewhere.path = "/admin-mcp"
    assert refused(await come_back(elsewhere, state))


async def test_it_outlives_a_new_token(site: Site) -> None:
    state = await state_of(site.client())
    let_in("refreshed", principal(Somebody(1, "alice"), connection_id=9))
    assert (await come_back(site.client("refreshed"), state)).status == 200


async def test_it_outlives_a_new_secret_key_that_keeps_the_old_one(site: Site, settings: Settings) -> None:
    old = settings.SECRET_KEY
    state = await state_of(site.client())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [old]
    del site.application
    assert (await come_back(site.client(), state)).status == 200


async def test_it_ends_with_its_key(site: Site, settings: Settings) -> None:
    state = await state_of(site.client())
    settings.SECRET_KEY = "n" * 50
    del site.application
    assert refused(await come_back(site.client(), state))


async def test_answers_may_come_without_it(site: Site) -> None:
    """They are the client's own words with or without it."""
    params = {"name": "ask", "inputResponses": {"elicitation": {"action": "decline"}}}
    answer = await site.client().modern("tools/call", params, capabilities=ANYTHING)
    assert answer.result["content"][0]["text"] == "decline"


async def test_an_answer_to_another_kind_of_question_is_asked_for_again(site: Site) -> None:
    params = {"name": "ask", "inputResponses": {"elicitation": {"roots": []}}}
    answer = await site.client().modern("tools/call", params, capabilities=ANYTHING)
    assert answer.result["resultType"] == "input_required"


async def test_an_answer_to_no_kind_of_question_is_refused(site: Site) -> None:
    params = {"name": "ask", "inputResponses": {"elicitation": {"action": "maybe"}}}
    assert refused(await site.client().modern("tools/call", params, capabilities=ANYTHING))
