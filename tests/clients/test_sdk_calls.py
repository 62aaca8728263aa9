"""What the official SDK client can do once it is connected, in every era that has it."""

import asyncio
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPDeprecationWarning
from pydantic import FileUrl

from tests.clients.lab.mcp import NOTEBOOK
from tests.clients.sdk import ERAS, Era, Installation, Storage
from tests.conftest import PersonOf
from tests.live import LiveServer

PATIENCE = 20.0
"""Seconds after which something that should have come will not."""


@pytest.fixture(scope="module")
def storage(live: LiveServer) -> Storage:
    """What the client keeps for the tests of this module, so that consent is given once for each server."""
    return Storage()


@pytest.fixture
def installation(person: PersonOf, storage: Storage) -> Installation:
    """The SDK's client, installed by alice."""
    return Installation(person(), storage=storage)


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    """Each era that the client speaks."""
    found: Era = request.param
    return found


async def test_progress_arrives_in_order(installation: Installation, era: Era) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async with installation.connect(era) as client:
        await client.call_tool("steps", {"number": 5}, progress_callback=on_progress)

    assert seen == [(step, 5, f"step {step}") for step in range(1, 6)]


async def test_log_notifications_arrive_in_order(installation: Installation, era: Era) -> None:
    seen: list[Any] = []

    async def on_log(params: types.LoggingMessageNotificationParams) -> None:
        seen.append(params.data)

    async with installation.connect(era, logging_callback=on_log, log_level="info") as client:
        await client.call_tool("steps", {"number": 5})

    assert seen == [f"step {step}" for step in range(1, 6)]


async def test_no_log_notification_comes_unasked_in_the_2026_era(installation: Installation) -> None:
    seen: list[Any] = []

    async def on_log(params: types.LoggingMessageNotificationParams) -> None:
        seen.append(params.data)

    async with installation.connect("2026-07-28", logging_callback=on_log) as client:
        await client.call_tool("steps", {"number": 3})

    assert seen == []


async def test_the_count_tool_notifies_on_the_way(installation: Installation, era: Era) -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append(loop.time())

    async with installation.connect(era) as client:
        await client.call_tool("count", {"number": 2}, progress_callback=on_progress)
    assert len(seen) == 2
    assert seen[1] - seen[0] > 0.5  # not both at the end


async def test_a_resource_is_read(installation: Installation, era: Era) -> None:
    async with installation.connect(era) as client:
        listed = await client.list_resources()
        contents = (await client.read_resource("greetings://default")).contents

    assert "greetings/default" in {resource.name for resource in listed.resources}
    assert [content.text for content in contents if isinstance(content, types.TextResourceContents)] == [
        "Hello, world!"
    ]


async def test_a_resource_template_is_listed_and_read(installation: Installation, era: Era) -> None:
    async with installation.connect(era) as client:
        listed = await client.list_resource_templates()
        contents = (await client.read_resource("lab://samples/zinc")).contents

    assert "lab://samples/{name}" in {template.uri_template for template in listed.resource_templates}
    assert isinstance(contents[0], types.TextResourceContents)
    assert contents[0].text == "A sample of zinc"


async def test_a_prompt_is_filled_in(installation: Installation, era: Era) -> None:
    async with installation.connect(era) as client:
        listed = await client.list_prompts()
        prompt = await client.get_prompt("greeting-template", {"name": "Ada"})

    assert "greeting-template" in {entry.name for entry in listed.prompts}
    assert isinstance(prompt.messages[0].content, types.TextContent)
    assert "Ada" in prompt.messages[0].content.text


async def test_an_argument_is_completed(installation: Installation, era: Era) -> None:
    reference = types.PromptReference(name="experiment")

    async with installation.connect(era) as client:
        completed = await client.complete(reference, {"name": "substance", "value": "co"})

    assert completed.completion.values == ["copper", "cobalt"]


async def test_a_person_is_asked_and_the_tool_hears_the_answer(installation: Installation, era: Era) -> None:
    async def on_elicit(context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        assert params.message == "What is your name?"
        return types.ElicitResult(action="accept", content={"name": "Ada"})

    async with installation.connect(era, elicitation_callback=on_elicit) as client:
        answers = [(await client.call_tool(tool)).structured_content for tool in ("ask_name", "ask_name_from_thread")]

    assert answers == [{"result": "accept: Ada"}, {"result": "accept: Ada"}]


async def test_a_person_may_decline(installation: Installation, era: Era) -> None:
    async def on_elicit(context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        return types.ElicitResult(action="decline")

    async with installation.connect(era, elicitation_callback=on_elicit) as client:
        answered = await client.call_tool("ask_name")

    assert answered.structured_content == {"result": "decline"}


async def test_the_clients_model_is_asked(installation: Installation, era: Era) -> None:
    async def on_sample(context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        return types.CreateMessageResult(
            role="assistant", content=types.TextContent(type="text", text="Something"), model="test"
        )

    async with installation.connect(era, sampling_callback=on_sample) as client:
        answered = await client.call_tool("ask_model")

    assert answered.structured_content == {"result": "Something"}


async def test_the_clients_roots_are_asked_for(installation: Installation, era: Era) -> None:
    async def on_roots(context: Any) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri=FileUrl("file:///work"))])

    async with installation.connect(era, list_roots_callback=on_roots) as client:
        answered = await client.call_tool("ask_roots")

    assert answered.structured_content == {"result": ["file:///work"]}


@pytest.mark.parametrize("era", ["2025-11-25", "2024-11-05"], indirect=True)
async def test_a_subscriber_of_a_session_hears_of_a_change(installation: Installation, era: Era) -> None:
    updated: asyncio.Queue[str] = asyncio.Queue()

    async def on_message(message: Any) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            await updated.put(str(message.params.uri))

    async with installation.connect(era, message_handler=on_message) as client:
        with pytest.warns(MCPDeprecationWarning):
            await client.subscribe_resource(NOTEBOOK)
        await client.call_tool("write", {"text": "Second page"})
        heard = await asyncio.wait_for(updated.get(), PATIENCE)

    assert heard == NOTEBOOK


async def test_a_listener_of_the_2026_era_hears_of_a_change(installation: Installation) -> None:
    async with (
        installation.connect("2026-07-28") as client,
        client.listen(resource_subscriptions=[NOTEBOOK]) as changes,
    ):
        await client.call_tool("write", {"text": "Third page"})
        change = await asyncio.wait_for(anext(changes), PATIENCE)
        contents = (await client.read_resource(NOTEBOOK)).contents

    assert getattr(change, "uri", None) == NOTEBOOK
    assert isinstance(contents[0], types.TextResourceContents)
    assert contents[0].text == "Third page"


async def test_many_calls_at_once_get_their_own_answers(installation: Installation, era: Era) -> None:
    async with installation.connect(era) as client:
        sums = await asyncio.gather(*(client.call_tool("add", {"a": n, "b": n}) for n in range(20)))

    assert [(answer.structured_content or {})["result"] for answer in sums] == [2 * n for n in range(20)]
