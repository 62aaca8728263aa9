"""The steps of an attempt, as a program and its user's browser make them."""

from typing import Any

from django.test import Client as Browser

from oauth_bridge.bearer import verify
from tests.oauth_bridge.flows import CHALLENGE, Flow, register
from tests.oauth_bridge.protected import RESOURCE

PROGRAM = "Example/1.0"


def program(address: str = "203.0.113.7", agent: str = PROGRAM) -> Browser:
    """A program at an address."""
    return Browser(headers={"User-Agent": agent}, REMOTE_ADDR=address)


def discover(somebody: Browser) -> None:
    """Read the documents."""
    assert somebody.get("/.well-known/oauth-protected-resource/mcp").status_code == 200
    assert somebody.get("/.well-known/oauth-authorization-server").status_code == 200


def sign_up(somebody: Browser, user: Browser, **metadata: Any) -> Flow:
    """Register, and go on in the user's browser."""
    return Flow(user, register(somebody, **metadata).json()["client_id"])


def call(tokens: dict[str, Any]) -> None:
    """What a call does first."""
    verify(tokens["access_token"], RESOURCE)


def another_challenge(number: int) -> str:
    """One for each authorization request, as clients make them."""
    return f"{number:02}" + CHALLENGE[2:]
