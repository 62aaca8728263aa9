"""What programs are answered depends on no cookie: caches may keep it, and nobody's session is read for it."""

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from tests.oauth_bridge.flows import FORM

METADATA = (
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/unknown",
)
ENDPOINTS = ("/token", "/revoke", "/introspect", "/device_authorization", "/register", "/register/unknown")


def session_queries(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries if "django_session" in query["sql"]]


@pytest.mark.parametrize("path", METADATA)
def test_metadata_is_the_same_for_everybody(browser: Browser, path: str) -> None:
    with CaptureQueriesContext(database) as queries:
        response = browser.get(path)
    assert "cookie" not in response.get("Vary", "").lower()
    assert not queries.captured_queries


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_session_is_read_for_a_program(browser: Browser, path: str) -> None:
    with CaptureQueriesContext(database) as queries:
        response = browser.post(path, "client_id=unknown&grant_type=refresh_token&token=x", content_type=FORM)
    assert "cookie" not in response.get("Vary", "").lower()
    assert not session_queries(queries)
