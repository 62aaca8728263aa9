"""Pages of other sites may read what the OAuth endpoints answer, refusals too, and never with a cookie."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from oauth_bridge.models import Client, DeviceAuthorization
from tests.oauth_bridge.devices import register_device
from tests.oauth_bridge.flows import post_form, register

pytestmark = pytest.mark.django_db

PAGE = "https://page.example"
FORM_PATHS = ("/token", "/revoke", "/device_authorization")
OPEN_PATHS = (*FORM_PATHS, "/register", "/register/unknown", "/.well-known/jwks.json")


@pytest.fixture
def page() -> Browser:
    """A page of another site: its browser names it in every request."""
    return Browser(headers={"Origin": PAGE})


def readable(response: Any, status: int) -> set[str]:
    """Names of the headers that the page may read, of an answer with this status that it may read too."""
    assert response.status_code == status, response.content
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    return {name.strip().lower() for name in response["Access-Control-Expose-Headers"].split(",")}


@pytest.mark.parametrize("path", FORM_PATHS)
def test_an_unknown_client_reads_its_challenge(page: Browser, path: str) -> None:
    form = {"client_id": "unknown", "grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    response = post_form(page, path, form)
    assert "www-authenticate" in readable(response, 401)
    assert (response.json()["error"], response["Cache-Control"]) == ("invalid_client", "no-store")


def test_a_page_without_the_initial_access_token_reads_its_challenge(page: Browser, settings: Any) -> None:
    settings.OAUTH_BRIDGE_REGISTRATION, settings.OAUTH_BRIDGE_REGISTRATION_TOKEN = "token", "i" * 32
    assert "www-authenticate" in readable(register(page), 401)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_page_with_a_wrong_registration_token_reads_its_challenge(page: Browser, method: str) -> None:
    assert "www-authenticate" in readable(page.generic(method, "/register/unknown"), 401)


def test_a_page_reads_when_it_may_register_again(page: Browser, settings: Any) -> None:
    settings.OAUTH_BRIDGE_REGISTRATION_RATE = "1/h/ip"
    register(page, client_name="First")
    response = register(page, client_name="Second")
    assert "retry-after" in readable(response, 429)
    assert int(response["Retry-After"]) > 0


def test_a_page_reads_when_a_device_may_start_again(page: Browser) -> None:
    client_id = register_device(page)
    DeviceAuthorization.objects.bulk_create(
        DeviceAuthorization(
            device_code=str(number),
            user_code=str(number),
            client=Client.objects.get(),
            interval=5,
            requested_from="127.0.0.1",
            expires_at=timezone.now() + timedelta(minutes=5),
        )
        for number in range(100)
    )
    response = post_form(page, "/device_authorization", {"client_id": client_id})
    assert "retry-after" in readable(response, 429)


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_a_preflight_is_answered(page: Browser, path: str) -> None:
    """Fetch §4.8; without it no page could send JSON or a token at all."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    response = page.options(path, headers=asked)
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
    assert "authorization" in response["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize("path", ["/authorize", "/device", "/introspect", "/account/tokens", "/accounts/login/"])
def test_peoples_pages_and_resource_servers_are_for_no_other_page(page: Browser, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in page.get(path)
