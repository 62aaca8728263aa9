"""Greetings, sums, counting and streams."""

from unittest.mock import Mock, call

import pytest

from demo_tools import mcp as tools
from mcp_endpoint import Context, ToolError


def sent(method: object) -> list[object]:
    """Calls of one method of a context."""
    assert isinstance(method, Mock)
    return list(method.call_args_list)


async def test_greet_says_hello_by_name() -> None:
    assert await tools.greet("Ada") == "Hello, Ada!"


def test_multi_greet_logs_each_greeting_on_the_way(ctx: Context) -> None:
    assert tools.multi_greet(ctx, "Ada") == "Good bye, Ada!"
    assert sent(ctx.info) == [
        call("Hello, Ada!"),
        call("Good to see you, Ada!"),
        call("Welcome back, Ada!"),
    ]


def test_multi_greet_reports_progress_up_to_its_total(ctx: Context) -> None:
    tools.multi_greet(ctx, "Ada")
    assert sent(ctx.progress)[-1] == call(3, 3, "Welcome back")


def test_add_adds() -> None:
    assert tools.add(2, 3.5) == 5.5


def test_divide_divides() -> None:
    assert tools.divide(9, 2) == 4.5


def test_division_by_zero_is_an_error_that_the_model_can_read() -> None:
    with pytest.raises(ToolError, match="Cannot divide by zero"):
        tools.divide(1, 0)


def test_whoami_names_user_client_and_scopes(ctx: Context) -> None:
    assert tools.whoami(ctx) == tools.Caller(user="ada", client="Claude", scopes=["mcp", "notes:read"])


async def test_counting_sends_progress_and_a_log_message_for_each_step(ctx: Context) -> None:
    assert await tools.count_up(ctx, 2, seconds=0) == "Counted to 2"
    assert sent(ctx.progress) == [call(1, 2, "1 of 2"), call(2, 2, "2 of 2")]
    assert sent(ctx.info) == [call("Counted to 1"), call("Counted to 2")]


async def test_count_takes_a_second_for_each_step(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("demo_tools.mcp.asyncio.sleep", pause)
    await tools.count(ctx, 3)
    assert pauses == [1, 1, 1]


async def test_notification_stream_sends_as_many_as_it_was_asked_for(ctx: Context) -> None:
    assert await tools.notification_stream(ctx, interval=1, count=3) == "Sent 3 notifications"
    assert len(sent(ctx.info)) == 3


async def test_a_stream_of_hours_is_refused(ctx: Context) -> None:
    with pytest.raises(ToolError, match="600 seconds at most"):
        await tools.notification_stream(ctx, interval=60_000, count=10_000)


def test_the_prompt_names_whom_to_greet() -> None:
    assert tools.greeting_template("Ada") == "Please greet Ada in a friendly manner."


def test_completion_offers_the_callers_own_name_in_any_case(ctx: Context) -> None:
    assert tools.complete_name("A", ctx) == ["Ada", "ada"]


def test_completion_of_nothing_offers_everything_that_has_a_name(ctx: Context) -> None:
    assert tools.complete_name("", ctx) == ["Ada", "ada", "everybody", "friend", "world"]


def test_the_default_greeting_needs_no_name() -> None:
    assert tools.default_greeting() == "Hello, world!"
