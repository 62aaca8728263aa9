"""The settings of this room."""

import hmac

from pytest_django import Settings

from mcp_endpoint.conf import conf
from mcp_endpoint.state_keys import PURPOSE, state_keys


def test_settings_are_read_again_when_they_change(settings: Settings) -> None:
    settings.MCP_BODY_LIMIT = 17
    assert conf().body_limit == 17
    settings.MCP_BODY_LIMIT = 18
    assert conf().body_limit == 18


def test_the_origin_is_the_public_url_without_its_path(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://mcp.example.org:444/base"
    assert conf().origin == "https://mcp.example.org:444"


def test_request_state_is_sealed_with_keys_of_the_secret_key_and_its_fallbacks(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["old" * 20]
    assert conf().state_keys == state_keys(["new" * 20, "old" * 20])


def test_keys_of_request_state_tell_nothing_of_the_secret() -> None:
    """HKDF with SHA-256, no salt, 32 bytes (RFC 5869): extract, then one block of expand."""
    extracted = hmac.digest(bytes(32), b"a secret", "sha256")
    assert state_keys(["a secret"]) == (hmac.digest(extracted, PURPOSE + b"\x01", "sha256"),)


def test_secrets_are_not_shown(settings: Settings) -> None:
    settings.SECRET_KEY = "s3cret" * 10
    assert "s3cret" not in repr(conf())
