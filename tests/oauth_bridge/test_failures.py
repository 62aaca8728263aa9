"""Requests that fail outside of the views: programs read JSON all the same, and people a page."""

from typing import Any

import pytest
from django.test import Client as Browser

from tests.oauth_bridge.flows import FORM

pytestmark = pytest.mark.django_db

PROGRAMS = ("/token", "/revoke", "/introspect", "/device_authorization", "/register", "/register/unknown")
PEOPLE = ("/authorize", "/account/tokens", "/accounts/login/", "/nowhere")


@pytest.fixture
def stranger() -> Browser:
    return Browser(raise_request_exception=False)


def told(response: Any, status: int) -> str:
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert response["Cache-Control"] == "no-store"
    return str(response.json()["error"])


@pytest.mark.parametrize("path", PROGRAMS)
def test_another_host_is_refused_as_json(stranger: Browser, path: str) -> None:
    response = stranger.post(path, "token=x", content_type=FORM, headers={"Host": "evil.example"})
    assert told(response, 400) == "invalid_request"


@pytest.mark.parametrize("path", PEOPLE)
def test_and_as_a_page_for_people(stranger: Browser, path: str) -> None:
    response = stranger.get(path, headers={"Host": "evil.example"})
    assert (response.status_code, response["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.fixture
def _broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be read from the database."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("the password of the database is secret")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)


@pytest.mark.usefixtures("_broken")
class TestBroken:
    @pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect", "/device_authorization"])
    def test_a_server_says_so_as_json(self, stranger: Browser, path: str) -> None:
        form = "client_id=x&grant_type=refresh_token&refresh_token=x&token=x"
        response = stranger.post(path, form, content_type=FORM, headers={"Origin": "https://page.example"})
        assert told(response, 500) == "server_error"
        assert b"secret" not in response.content
        assert response.get("Access-Control-Allow-Origin") == (None if path == "/introspect" else "*")

    def test_and_as_a_page_for_people(self, stranger: Browser) -> None:
        response = stranger.get("/authorize?client_id=x")
        assert (response.status_code, response["Content-Type"]) == (500, "text/html; charset=utf-8")
        assert b"secret" not in response.content
