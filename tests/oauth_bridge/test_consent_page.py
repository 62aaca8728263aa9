"""The consent page: what a person is told before they decide, and how the page is guarded."""

import pytest
from django.test import Client as Browser

from oauth_bridge.models import Client
from tests.oauth_bridge.flows import REDIRECT_URI, Flow, register


def text(flow: Flow, **changes: object) -> str:
    response = flow.browser.get(flow.authorize_url(**changes))
    assert response.status_code == 200
    return response.content.decode()


def test_says_who_asks_where_it_leads_and_who_is_signed_in(flow: Flow) -> None:
    """MCP basic/authorization: the page shows the redirect host."""
    page = text(flow)
    for shown in ("Example", "client.example", "alice", "Test server"):
        assert shown in page


def test_says_what_each_scope_opens(flow: Flow) -> None:
    page = text(flow, scope="mcp notes:write")
    for shown in ("Use the tools of this server", "Greet", "reads", "Write a note", "writes", "delete_note"):
        assert shown in page
    assert "can delete or overwrite" in page
    assert "Read your notes" not in page


def test_says_who_vouches_for_the_name(flow: Flow) -> None:
    assert "nobody checked it" in text(flow)
    Client.objects.update(registration_source=Client.RegistrationSource.MANUAL)
    assert "added by whoever runs this server" in text(flow)


def test_warns_before_it_leads_to_a_program_on_this_computer(browser: Browser) -> None:
    """MCP basic/authorization, client registration: loopback redirects."""
    uri = "http://localhost:3000/cb"
    flow = Flow(browser, register(browser, redirect_uris=[uri]).json()["client_id"], redirect_uri=uri)
    assert "a program on this computer" in text(flow)
    assert "a program on this computer" not in text(Flow(browser, register(browser).json()["client_id"]))


def test_warns_before_it_opens_an_application(browser: Browser) -> None:
    uri = "cursor://anysphere.cursor-mcp/oauth/callback"
    flow = Flow(browser, register(browser, redirect_uris=[uri]).json()["client_id"], redirect_uri=uri)
    page = text(flow)
    assert "cursor:" in page
    assert "application on this computer" in page


def test_offers_another_account(flow: Flow) -> None:
    assert "Use another account" in text(flow)
    url = flow.authorize_url()
    signed_out = flow.browser.post("/accounts/logout/", {"next": url})
    assert signed_out["Location"] == url
    assert flow.browser.get(url)["Location"].startswith("/accounts/login/")


def test_escapes_the_name_of_the_client(browser: Browser) -> None:
    flow = Flow(browser, register(browser, client_name="<script>x</script>").json()["client_id"])
    assert "<script>x" not in text(flow)


def test_links_to_the_clients_policies(browser: Browser) -> None:
    links = {"policy_uri": "https://client.example/privacy", "tos_uri": "https://client.example/tos"}
    flow = Flow(browser, register(browser, **links).json()["client_id"])
    page = text(flow)
    assert all(link in page for link in links.values())


def test_is_kept_out_of_caches_and_frames(flow: Flow) -> None:
    """MCP security best practices: clickjacking."""
    response = flow.browser.get(flow.authorize_url())
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        (REDIRECT_URI, "form-action 'self' https://client.example"),
        ("http://127.0.0.1:5000/cb", "form-action 'self' http://127.0.0.1:5000"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "form-action 'self' cursor:"),
    ],
)
def test_lets_the_form_lead_back_and_nowhere_else(browser: Browser, uri: str, source: str) -> None:
    """Browsers hold the redirect after a form against form-action; consent would do nothing."""
    flow = Flow(browser, register(browser, redirect_uris=[uri]).json()["client_id"], redirect_uri=uri)
    policy = browser.get(flow.authorize_url())["Content-Security-Policy"]
    assert policy.split("; ")[-1] == source


def test_keeps_the_window_that_opened_it(flow: Flow) -> None:
    """ChatGPT waits in the opener; same-origin would cut it off."""
    assert flow.browser.get(flow.authorize_url())["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert Browser().get("/accounts/login/")["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert Browser().get("/admin/login/")["Cross-Origin-Opener-Policy"] == "same-origin"
