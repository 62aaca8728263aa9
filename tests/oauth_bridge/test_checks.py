"""System checks of the authorization server's settings."""

from typing import Any

import pytest
from django.core import checks
from django.core.management import call_command


def ids() -> set[str | None]:
    return {message.id for message in checks.run_checks() if (message.id or "").startswith("oauth_bridge.")}


def test_the_defaults_are_in_order() -> None:
    assert ids() == set()


def test_loopback_documents_on_a_public_server(settings: Any) -> None:
    settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
    assert ids() == set()
    settings.PUBLIC_URL = "https://mcp.example.org"
    assert ids() == {"oauth_bridge.E001"}


@pytest.mark.parametrize("scheme", ["javascript", "HTTP", "data"])
def test_a_redirect_scheme_that_browsers_handle_themselves(settings: Any, scheme: str) -> None:
    settings.OAUTH_BRIDGE_REDIRECT_SCHEMES = ["cursor", scheme]
    assert ids() == {"oauth_bridge.E002"}


@pytest.mark.parametrize("name", ["AUTHORIZATION_CODE_EXPIRE_SECONDS", "ACCESS_TOKEN_EXPIRE_SECONDS"])
def test_a_lifetime_that_is_none(settings: Any, name: str) -> None:
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, name: 0}
    assert ids() == {"oauth_bridge.E003"}


@pytest.mark.parametrize("name", ["OAUTH_BRIDGE_REFRESH_GRACE", "OAUTH_BRIDGE_REFRESH_ABSOLUTE"])
def test_a_negative_time(settings: Any, name: str) -> None:
    setattr(settings, name, -1)
    assert ids() == {"oauth_bridge.E003"}


def test_the_toolkits_own_deployment_checks_find_one_thing(db: None) -> None:
    """http must stay among the redirect schemes, for loopback; our own rule refuses it anywhere else."""
    found = checks.run_checks(include_deployment_checks=True)
    assert [message.id for message in found if (message.id or "").startswith("oauth2_provider.")] == [
        "oauth2_provider.W008"
    ]


def test_the_migrations_are_complete(db: None) -> None:
    call_command("makemigrations", "accounts", "oauth_bridge", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OAUTH_BRIDGE_REGISTRATION", "closed"),
        ("OAUTH_BRIDGE_REGISTRATION_RATE", "often"),
        ("OAUTH_BRIDGE_REGISTRATION_RATE_ALL", "20"),
        ("OAUTH_BRIDGE_REGISTRATION_RATE", "20/7d"),
        ("OAUTH_BRIDGE_CLIENT_SECRET_SECONDS", -1),
        ("OAUTH_BRIDGE_UNUSED_CLIENT_SECONDS", 60),
    ],
)
def test_a_setting_of_registration_that_makes_no_sense(settings: Any, name: str, value: Any) -> None:
    setattr(settings, name, value)
    assert ids() == {"oauth_bridge.E004"}


def test_an_initial_access_token_that_can_be_guessed(settings: Any) -> None:
    settings.OAUTH_BRIDGE_REGISTRATION = "token"
    settings.OAUTH_BRIDGE_REGISTRATION_TOKEN = "short"
    assert ids() == {"oauth_bridge.E004"}


@pytest.mark.parametrize("name", ["CIMD_ALLOW", "CIMD_BLOCK", "TRUSTED_DOMAINS"])
@pytest.mark.parametrize("entry", ["https://example.com", "example.com/", "exa mple", "", "*"])
def test_a_host_that_is_none(settings: Any, name: str, entry: str) -> None:
    setattr(settings, f"OAUTH_BRIDGE_{name}", ["example.com", ".example.com", "*.example.com", entry])
    assert ids() == {"oauth_bridge.E005"}
