"""Sites where not every client may register."""

from typing import Any

import pytest
from django.core.cache import cache
from pytest_django.live_server_helper import LiveServer

from mcpsite.doctor import documents, registering
from mcpsite.doctor.site import Site
from tests.mcpsite.doctor.conftest import named, only

WITHOUT_DOCUMENT = ("Codex", "MCP Inspector")


@pytest.fixture
def here(live_server: LiveServer, settings: Any) -> Site:
    """The authorization server over real HTTP, in this process, so that a test can change its settings."""
    cache.clear()
    settings.PUBLIC_URL = live_server.url
    return Site(f"{live_server.url}/mcp")


def test_registration_that_is_off_stops_clients_without_a_document(here: Site, settings: Any) -> None:
    settings.OAUTH_BRIDGE_REGISTRATION = "off"
    found = only(documents.examine(here), "registration.off")
    assert (found.level, found.clients) == ("warning", WITHOUT_DOCUMENT)
    assert list(registering.examine(here)) == []


def test_registration_that_needs_a_token(here: Site, settings: Any) -> None:
    settings.OAUTH_BRIDGE_REGISTRATION, settings.OAUTH_BRIDGE_REGISTRATION_TOKEN = "token", "t" * 40
    found = list(registering.examine(here))
    assert [(finding.check, finding.clients) for finding in found] == [("registration.token", WITHOUT_DOCUMENT)]


def test_too_many_registrations(here: Site, settings: Any) -> None:
    settings.OAUTH_BRIDGE_REGISTRATION_RATE = "2/h/ip"
    found = list(registering.examine(here))
    assert named(found) == {"registration.rate"}
    assert "TRUSTED_PROXY_COUNT" in found[-1].mend


def test_a_scheme_that_is_not_let_in(here: Site, settings: Any) -> None:
    settings.OAUTH_BRIDGE_REDIRECT_SCHEMES = ["vscode"]
    failures = [finding for finding in registering.examine(here) if finding.level == "failure"]
    assert [finding.clients for finding in failures] == [("Cursor",)]
    assert "OAUTH_REDIRECT_SCHEMES" in failures[0].mend
