"""The official SDK client, told only a URL: discovery, registration, sign-in, consent, token, and a call."""

import pytest

from tests.clients.sdk import ERAS, Era, Installation
from tests.conftest import PersonOf

PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"
AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    """Each era that the client speaks."""
    found: Era = request.param
    return found


async def test_an_unknown_client_is_approved_and_calls_a_tool(person: PersonOf, era: Era) -> None:
    installation = Installation(person())

    async with installation.connect(era) as client:
        listed = await client.list_tools()
        greeting = await client.call_tool("greet", {"name": "Ada"})

    assert "greet" in {tool.name for tool in listed.tools}
    assert greeting.structured_content == {"result": "Hello, Ada!"}


async def test_it_walks_from_401_through_discovery_and_registration_to_a_token(person: PersonOf, era: Era) -> None:
    installation = Installation(person())

    async with installation.connect(era) as client:
        await client.list_tools()

    method, path = ("GET", "/sse") if era == "2024-11-05" else ("POST", "/mcp")
    walk = [
        (method, path, 401),
        ("GET", PROTECTED_RESOURCE + path, 200),
        ("GET", AUTHORIZATION_SERVER, 200),
        ("POST", "/register", 201),
        ("POST", "/token", 200),
    ]
    assert installation.requests[: len(walk)] == walk


async def test_the_era_is_the_one_that_was_asked_for(person: PersonOf, era: Era) -> None:
    async with Installation(person()).connect(era) as client:
        version = client.protocol_version

    assert version == ("2025-11-25" if era == "2024-11-05" else era)


async def test_the_tool_knows_who_calls_and_through_what(person: PersonOf, era: Era) -> None:
    async with Installation(person("bob")).connect(era) as client:
        caller = (await client.call_tool("whoami")).structured_content

    assert caller is not None
    assert (caller["user"], caller["client"]) == ("bob", "SDK test client")


async def test_a_session_is_ended_when_the_client_leaves(person: PersonOf) -> None:
    installation = Installation(person())

    async with installation.connect("2025-11-25") as client:
        await client.list_tools()

    method, path, status = installation.requests[-1]
    assert (method, path) == ("DELETE", "/mcp")
    assert status in (200, 204)


async def test_the_2026_era_has_no_session(person: PersonOf) -> None:
    installation = Installation(person())

    async with installation.connect("2026-07-28") as client:
        await client.list_tools()

    assert {method for method, path, _ in installation.requests if path == "/mcp"} == {"POST"}


async def test_a_second_run_needs_no_person(person: PersonOf, era: Era) -> None:
    installation = Installation(person())
    async with installation.connect(era) as client:
        await client.list_tools()
    installation.requests.clear()

    async with installation.connect(era) as client:
        await client.call_tool("greet", {"name": "Ada"})

    assert not installation.asked("/token")


async def test_an_expired_token_is_refreshed_without_a_person(person: PersonOf, era: Era) -> None:
    installation = Installation(person())
    async with installation.connect(era) as client:
        await client.list_tools()
    installation.lose_access_token()
    installation.requests.clear()

    async with installation.connect(era) as client:
        greeting = await client.call_tool("greet", {"name": "Ada"})

    assert greeting.structured_content == {"result": "Hello, Ada!"}
    assert installation.statuses("/token") == [200]
    assert not installation.asked("/register")


async def test_a_tool_beyond_the_granted_scopes_sends_the_person_to_consent_again(person: PersonOf, era: Era) -> None:
    installation = Installation(person())

    async with installation.connect(era) as client:
        erased = await client.call_tool("erase")

    assert erased.structured_content == {"result": "erased"}
    assert installation.statuses("/token") == [200, 200]
