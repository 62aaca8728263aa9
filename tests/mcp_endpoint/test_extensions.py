"""The protocol extensions that a server says it has (SEP-2133)."""

from typing import Any

import pytest

from mcp_endpoint.server import CLIENT_CREDENTIALS_EXTENSION
from tests.mcp_endpoint.conftest import Site


@pytest.mark.parametrize(("switched_on", "told"), [(True, {CLIENT_CREDENTIALS_EXTENSION: {}}), (False, None)])
async def test_client_credentials_are_told_while_they_are_switched_on(
    site: Site, settings: Any, switched_on: bool, told: object
) -> None:
    """MCP extensions/auth/oauth-client-credentials."""
    settings.OAUTH_BRIDGE_CLIENT_CREDENTIALS = switched_on
    answer = await site.client().modern("server/discover")
    assert answer.result["capabilities"].get("extensions") == told


async def test_the_2025_era_has_no_word_for_them(site: Site) -> None:
    """MCP 2025-11-25 schema, ServerCapabilities; the SDK keeps to it."""
    answer = await site.client().initialize()
    assert "extensions" not in answer.result["capabilities"]
