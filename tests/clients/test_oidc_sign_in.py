"""Sign-in by an OpenID provider on the way of an authorization request, and back into that request."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.clients.app import CALLBACK, App, Pkce
from tests.identity_provider import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.live import LiveServer

ADA = {"email": "ada@example.org", "email_verified": True, "name": "Ada Lovelace", "preferred_username": "ada"}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider(**ADA) as running:
        yield running


def site_with(provider: IdentityProvider, sign_up: str) -> LiveServer:
    variables = {
        "OIDC_ISSUER": provider.url,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_NAME": "Example ID",
        "SIGN_UP": sign_up,
    }
    return LiveServer("daphne", settings="tests.clients.settings", env=variables)


@pytest.fixture(scope="module")
def open_site(provider: IdentityProvider) -> Iterator[LiveServer]:
    with site_with(provider, "open") as server:
        yield server


@pytest.fixture(scope="module")
def closed_site(provider: IdentityProvider) -> Iterator[LiveServer]:
    with site_with(provider, "closed") as server:
        yield server


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(headers={"Accept": "text/html"}, follow_redirects=True, timeout=30) as client:
        yield client


def authorization_url(server: LiveServer) -> str:
    """The request of a client that registers for it."""
    app = App(server.url, "Survivor")
    app.http.close()
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "code_challenge": Pkce().challenge,
        "code_challenge_method": "S256",
        "state": "a state with ümlauts & signs",
        "resource": f"{server.url}/mcp",
    }
    return str(httpx.URL(f"{server.url}/authorize", params=query))


def sign_in_at_provider(browser: httpx.Client, url: str) -> httpx.Response:
    """Where the person is after choosing the provider on the sign-in page."""
    page = browser.get(url)
    link = BeautifulSoup(page.text, "html.parser").find("a", string=lambda text: bool(text and "Example ID" in text))
    form = BeautifulSoup(page.text, "html.parser").find("form", action=lambda action: bool(action and "oidc" in action))
    if link is not None:
        page = browser.get(urljoin(str(page.url), str(link["href"])))
        form = BeautifulSoup(page.text, "html.parser").find("form", method="post", action=None)
    assert form is not None, page.text
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.find_all("input") if field.get("name")}
    target = urljoin(str(page.url), str(form.get("action") or page.url))
    return browser.post(target, data=fields, headers={"Referer": str(page.url)})


def test_the_authorization_request_survives_the_way_to_the_provider(
    open_site: LiveServer, browser: httpx.Client
) -> None:
    asked = authorization_url(open_site)
    page = sign_in_at_provider(browser, asked)
    assert parse_qs(urlsplit(str(page.url)).query) == parse_qs(urlsplit(asked).query)
    assert "Allow Survivor" in " ".join(BeautifulSoup(page.text, "html.parser").get_text(" ").split())


def test_the_person_is_known_by_the_providers_name(open_site: LiveServer, browser: httpx.Client) -> None:
    page = sign_in_at_provider(browser, authorization_url(open_site))
    assert "ada" in BeautifulSoup(page.text, "html.parser").get_text()


def test_an_unknown_person_is_refused_where_sign_up_is_closed(closed_site: LiveServer, browser: httpx.Client) -> None:
    page = sign_in_at_provider(browser, authorization_url(closed_site))
    assert "Sign-up is closed" in BeautifulSoup(page.text, "html.parser").get_text()


def test_the_providers_token_is_kept_nowhere(open_site: LiveServer, browser: httpx.Client) -> None:
    sign_in_at_provider(browser, authorization_url(open_site))
    dump = open_site.manage("dumpdata")
    assert "ada@example.org" in dump
    assert ACCESS_TOKEN not in dump
    assert ACCESS_TOKEN not in open_site.log_text()
