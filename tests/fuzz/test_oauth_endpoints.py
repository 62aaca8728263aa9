"""Every OAuth endpoint (RFC 6749 §5.2, RFC 7591 §3.2.2): no input is an error of the server, or leads astray."""

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client as Browser
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_bridge.models import Connection
from oauth_bridge.urls import urlpatterns
from tests.fuzz import inputs
from tests.oauth_bridge.flows import CHALLENGE, FORM, REDIRECT_URI, VERIFIER, Flow
from tests.oauth_bridge.protected import RESOURCE

PAGES = {
    "authorize",
    "client-logo",
    "device",
    "connections",
    "connection",
    "revoke-connection",
    "change-connection",
    "personal-tokens",
}
"""What people see; everything else is for programs, and answers in JSON."""

NAMES = sorted({pattern.name for pattern in urlpatterns if pattern.name})


WELL_KNOWN = {
    "authorization-server": "/.well-known/oauth-authorization-server/x",
    "protected-resource": "/.well-known/oauth-protected-resource/x",
    "unknown-document": "/.well-known/x",
}


def path_of(name: str) -> str:
    """A path of the endpoint with this name."""
    if name in WELL_KNOWN:
        return WELL_KNOWN[name]
    if name == "change-connection":
        return "/account/connections/1/pause/"
    (pattern,) = (str(known.pattern) for known in urlpatterns if known.name == name)
    return reverse(f"oauth_bridge:{name}", kwargs=dict.fromkeys(re.compile(pattern).groupindex, "1"))


def check(response: Any, name: str) -> None:
    """The rules for an answer to a program. An exception in the server has failed the test before."""
    assert response.status_code < 500
    if response.status_code == 204 or response.wsgi_request.method == "HEAD":
        return
    if name in PAGES:
        check_page(response)
        return
    assert response["Content-Type"] == "application/json"
    answer = response.json()
    if response.status_code >= 400:
        assert isinstance(answer["error"], str)
    if ".well-known" not in response.wsgi_request.path:
        assert "no-store" in response["Cache-Control"]


def check_page(response: Any) -> None:
    """A page, or a redirect to sign-in or to where the client registered; never anywhere else."""
    if response.status_code == 302:
        sign_in = tuple(f"/accounts/login/?next=/{page}" for page in ("authorize", "device", "account/"))
        assert response["Location"].startswith((*sign_in, f"{REDIRECT_URI}?"))
    else:
        assert response["Content-Type"].startswith("text/html") or not response.content
        assert "Location" not in response


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_anything_is_answered_in_order(name: str, browser: Browser, data: st.DataObject) -> None:
    path = path_of(name)
    query = data.draw(st.lists(st.tuples(inputs.names | inputs.text, inputs.text), max_size=5).map(urlencode))
    response = browser.generic(
        data.draw(inputs.methods),
        f"{path}?{query}" if query else path,
        data.draw(inputs.bodies),
        content_type=data.draw(inputs.media_types),
        HTTP_AUTHORIZATION=data.draw(inputs.authorizations),
    )
    check(response, name)


@given(data=st.data())
def test_an_authorization_request_that_is_nearly_right(flow: Flow, data: st.DataObject) -> None:
    whole = {
        "response_type": "code",
        "client_id": flow.client_id,
        "redirect_uri": REDIRECT_URI,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s",
        "scope": "mcp",
        "resource": RESOURCE,
    }
    url = f"/authorize?{urlencode(data.draw(inputs.spoiled(whole)))}"
    browser = data.draw(st.sampled_from([flow.browser, Browser()]))
    check_page(browser.get(url))
    check_page(browser.post(url, data.draw(st.sampled_from([{"allow": "1"}, {"deny": "1"}, {}]))))


@given(data=st.data())
def test_an_answer_to_the_consent_page_that_is_nearly_right(flow: Flow, data: st.DataObject) -> None:
    """It allows what was ticked of what was offered, or nothing."""
    url = flow.authorize_url(scope="mcp notes:read")
    form = flow.page(scope="mcp notes:read").answer()
    answer = data.draw(inputs.spoiled({**form, "scope": "mcp"}))
    response = flow.browser.post(url, urlencode(answer, doseq=True), content_type=FORM)
    check_page(response)
    granted = Connection.objects.values_list("scopes", flat=True).first() or ""
    assert set(granted.split()) <= {"mcp", "notes:read"}


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
@given(data=st.data())
def test_a_token_request_that_is_nearly_right(
    grant_type: str, flow: Flow, confidential: Flow, data: st.DataObject
) -> None:
    client = data.draw(st.sampled_from([flow, confidential]))
    whole = {
        "grant_type": grant_type,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "resource": RESOURCE,
        "scope": "mcp",
    }
    if grant_type == "refresh_token":
        whole["refresh_token"] = client.tokens()["refresh_token"]
    else:
        whole |= {"code": client.code(), "code_verifier": VERIFIER, "redirect_uri": REDIRECT_URI}
    form = urlencode(data.draw(inputs.spoiled(whole)))
    authorization = data.draw(inputs.authorizations)
    check(client.browser.post("/token", form, content_type=FORM, HTTP_AUTHORIZATION=authorization), "token")


@given(data=st.data())
def test_a_revocation_that_is_nearly_right(flow: Flow, data: st.DataObject) -> None:
    whole = {"token": "mcp_rt_x", "token_type_hint": "refresh_token", "client_id": flow.client_id}
    form = urlencode(data.draw(inputs.spoiled(whole)))
    check(flow.browser.post("/revoke", form, content_type=FORM), "revoke")


@given(data=st.data())
def test_a_registration_that_is_nearly_right(db: None, data: st.DataObject) -> None:
    whole = {
        "client_name": "Example",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "mcp",
        "contacts": ["ops@client.example"],
        "client_uri": "https://client.example/",
        "software_id": "example",
        "jwks": {"keys": []},
    }
    document = data.draw(inputs.spoiled_document(whole))
    check(Browser().post("/register", json.dumps(document), content_type="application/json"), "register")


@given(part=inputs.text)
@settings(max_examples=20)
@pytest.mark.parametrize("name", NAMES)
def test_a_path_that_goes_on(name: str, db: None, part: str) -> None:
    path = f"{path_of(name)}/{quote(part)}"
    response = Browser().get(path)
    assert response.status_code < 500
