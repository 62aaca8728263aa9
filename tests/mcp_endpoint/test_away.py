"""What a client is told while the database is away: to try again, in whatever era it speaks."""

import pytest
from django.db import InterfaceError, OperationalError

from mcp_endpoint import tool
from mcp_endpoint.entrance import gate as gate_module
from oauth_bridge.away import is_away
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Answer

INTERNAL_ERROR = -32603


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    @tool()
    def notes() -> str:
        raise OperationalError("the connection is closed")


def told_to_come_again(answer: Answer) -> None:
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert answer.error == {
        "code": INTERNAL_ERROR,
        "message": "This server cannot reach its storage for the moment: try again",
    }


async def test_a_call_of_2026_whose_tool_cannot_reach_it(site: Site) -> None:
    told_to_come_again(await site.client().call("notes"))


async def test_a_call_of_a_session_whose_tool_cannot_reach_it(site: Site) -> None:
    told_to_come_again(await (await site.session()).call("notes"))


async def test_a_call_whose_token_cannot_be_checked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def authenticate(*_: object) -> None:
        raise InterfaceError("the connection is closed")

    monkeypatch.setattr(gate_module, "authenticate", authenticate)
    told_to_come_again(await site.client().call("notes"))


def test_other_failures_are_no_absence() -> None:
    from redis.exceptions import ConnectionError as RedisConnectionError
    from redis.exceptions import ResponseError

    assert is_away(RedisConnectionError())
    assert not any(map(is_away, (None, ValueError(), ResponseError(), ConnectionError())))
