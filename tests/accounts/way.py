"""Signing in, page by page, with Django's test client and a provider that really answers."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse
from django.utils.http import urlencode

from accounts.providers import OpenIDRegistration, social_providers
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

LOGIN = "/accounts/oidc/example/login/"
CALLBACK = "/accounts/oidc/example/login/callback/"
# A client's authorization request, with all that is easily lost on the way.
ASKED = (
    "/authorize?response_type=code&client_id=https%3A%2F%2Fclient.example%2Fdoc.json&state=a+b%20c%26d%3De%zz%ff%E2%82%AC"
    "&resource=http%3A%2F%2Flocalhost%3A8000%2Fmcp&resource=http://localhost:8000/other&empty=&scope=a%20b&x"
)


def providers(provider: IdentityProvider, **more: Any) -> dict[str, Any]:
    """Settings that switch the provider on."""
    registration = OpenIDRegistration(
        CLIENT_ID, CLIENT_SECRET, issuer=provider.url, name="Example ID", provider_id="example", **more
    )
    return social_providers(oidc=[registration])


def begin(browser: Browser, target: str = "") -> str:
    """Choose the provider on the sign-in page; where at the provider one is sent."""
    query = f"?{urlencode({'process': 'login', 'next': target})}" if target else ""
    response = browser.post(LOGIN + query)
    assert response.status_code == 302, text(response)
    return str(response["Location"])


def at_provider(url: str) -> str:
    """Path and query of this site that the provider sends one back to."""
    answer = httpx.get(url, timeout=60)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def sign_in(browser: Browser, target: str = "") -> Any:
    """The whole way; the page or redirect on which it ends."""
    return browser.get(at_provider(begin(browser, target)))


def text(response: HttpResponse) -> str:
    """What a person reads on a page."""
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def links(response: HttpResponse) -> list[str]:
    """Where the links in the middle of a page lead."""
    return [str(link["href"]) for link in BeautifulSoup(response.content, "html.parser").select("main a")]


def way_to(target: str) -> str:
    """The sign-in page with that target."""
    return f"{reverse('account_login')}?{urlencode({'next': target})}"


def is_signed_in(browser: Browser) -> bool:
    """Whether the session is somebody's."""
    return "_auth_user_id" in browser.session
