"""The way back to the client after an answer: a page in between for browsers, a redirect for programs."""

from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser

from tests.oauth_bridge.flows import Flow, register

BROWSER = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


def answered(flow: Flow, decision: str = "allow") -> Any:
    """What a browser is answered."""
    return flow.browser.post(flow.authorize_url(), flow.page().answer(decision), headers=BROWSER)


@pytest.mark.parametrize("decision", ["allow", "read", "deny"])
def test_a_browser_gets_a_page_that_goes_on_by_itself(flow: Flow, decision: str) -> None:
    """Chromium holds redirects after a form against form-action, those of the client's own server included."""
    response = answered(flow, decision)
    assert response.status_code == 200
    delay, _, location = response["Refresh"].partition("; url=")
    assert delay == "0"
    assert location.startswith("https://client.example/callback?")
    assert ("error=access_denied" in location) == (decision == "deny")


def test_the_page_has_the_way_as_a_link_too(flow: Flow) -> None:
    response = answered(flow)
    link = BeautifulSoup(response.content, "html.parser").find("a", class_="primary")
    assert link is not None
    assert unescape(str(link["href"])) == response["Refresh"].partition("; url=")[2]


def test_the_page_is_kept_nowhere(flow: Flow) -> None:
    """The code is in it."""
    response = answered(flow)
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "unsafe-none"


def test_an_application_is_opened_by_its_scheme(browser: Browser) -> None:
    uri = "cursor://anysphere.cursor-mcp/oauth/callback"
    flow = Flow(browser, register(browser, client_name="Cursor", redirect_uris=[uri]).json()["client_id"])
    flow.redirect_uri = uri
    response = answered(flow)
    assert response["Refresh"].startswith(f"0; url={uri}?")
    assert b"Open Cursor" in response.content


def test_a_program_gets_a_redirect(flow: Flow) -> None:
    assert flow.consent().status_code == 302
