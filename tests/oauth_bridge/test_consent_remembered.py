"""When a user is not asked again, and when they always are."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import Grant

from accounts.models import User
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import pause_connections, revoke_connections
from tests.oauth_bridge.flows import Flow, answer_of, refused, register
from tests.oauth_bridge.protected import OTHER_RESOURCE


@pytest.fixture
def known(flow: Flow) -> Flow:
    """An approved client that was allowed two scopes."""
    Client.objects.update(trust=Client.Trust.APPROVED)
    flow.tokens(scope="mcp notes:read")
    return flow


def is_asked(flow: Flow, headers: dict[str, str] | None = None, **changes: Any) -> bool:
    """Whether the page comes, instead of a code."""
    response = flow.browser.get(flow.authorize_url(**changes), headers=headers)
    if response.status_code == 200:
        assert b'name="deny"' in response.content
        return True
    assert "code" in answer_of(response)
    return False


class TestNotAskedAgain:
    def test_for_what_was_allowed(self, known: Flow) -> None:
        assert not is_asked(known, scope="mcp notes:read")
        assert not is_asked(known, scope="notes:read")

    def test_gets_a_code_for_what_it_asks_now(self, known: Flow) -> None:
        code = answer_of(known.browser.get(known.authorize_url(scope="notes:read")))["code"]
        assert known.exchange(code).json()["scope"] == "notes:read"

    def test_leaves_the_connection_as_it_was(self, known: Flow) -> None:
        before = Connection.objects.values().get()
        is_asked(known)
        assert Connection.objects.values().get() == before

    def test_by_a_browser_that_goes_there(self, known: Flow) -> None:
        assert not is_asked(known, {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"})

    def test_where_the_operator_reviews_nothing(self, known: Flow, settings: Any) -> None:
        settings.OAUTH_BRIDGE_TOOL_REVIEW = "off"
        settings.OAUTH_BRIDGE_RESOURCES = "tests.oauth_bridge.protected.with_another_description"
        assert not is_asked(known)


class TestAskedAgain:
    def test_for_more(self, known: Flow) -> None:
        assert is_asked(known, scope="mcp notes:write")

    def test_for_another_resource(self, known: Flow) -> None:
        assert is_asked(known, resource=OTHER_RESOURCE)

    def test_another_user(self, known: Flow) -> None:
        known.browser = Browser()
        known.browser.force_login(User.objects.create_user("bob"))
        assert is_asked(known)

    def test_for_another_host(self, known: Flow) -> None:
        Connection.objects.update(redirect_host="elsewhere.example")
        assert is_asked(known)

    @pytest.mark.parametrize("facts", [{"name": "Bank"}, {"tos_uri": "https://x.example"}, {"trust": ""}])
    def test_once_the_client_is_another(self, known: Flow, facts: dict[str, str]) -> None:
        Client.objects.update(**facts)
        assert is_asked(known)

    @pytest.mark.parametrize("tools", ["with_another_description", "with_a_new_tool"])
    def test_once_there_are_tools_that_were_not_seen(self, known: Flow, settings: Any, tools: str) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = f"tests.oauth_bridge.protected.{tools}"
        assert is_asked(known)

    @pytest.mark.parametrize("prompt", ["consent", "login", "select_account", "login consent", "create"])
    def test_when_the_client_wants_it(self, known: Flow, prompt: str) -> None:
        """OpenID Connect Core §3.1.2.1."""
        assert is_asked(known, prompt=prompt)

    @pytest.mark.parametrize("end", [pause_connections, revoke_connections])
    def test_once_the_connection_was_stopped(self, known: Flow, end: Any) -> None:
        end(Connection.objects.all())
        assert is_asked(known)

    def test_once_the_connection_expired(self, known: Flow) -> None:
        Connection.objects.update(expires_at=timezone.now())
        assert is_asked(known)

    def test_half_a_year_after_consent(self, known: Flow) -> None:
        """As refreshing ends then, so that the user is asked again."""
        Connection.objects.update(consented_at=timezone.now() - timedelta(days=180))
        assert is_asked(known)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Dest": "iframe"},
            {"Sec-Fetch-Dest": "empty"},
            {"Sec-Purpose": "prefetch;prerender"},
            {"Purpose": "prefetch"},
        ],
    )
    def test_when_nobody_went_there(self, known: Flow, headers: dict[str, str]) -> None:
        assert is_asked(known, headers)

    def test_by_a_request_for_the_head_alone(self, known: Flow) -> None:
        Grant.objects.all().delete()
        assert known.browser.head(known.authorize_url()).status_code == 200
        assert not Grant.objects.exists()

    @pytest.mark.parametrize("uri", ["http://127.0.0.1:5000/cb", "cursor://anysphere.cursor-mcp/oauth/callback"])
    def test_always_by_what_is_on_the_users_computer(self, browser: Browser, uri: str) -> None:
        """RFC 8252 §8.6: another program could pass for it."""
        flow = Flow(browser, register(browser, redirect_uris=[uri]).json()["client_id"], redirect_uri=uri)
        Client.objects.update(trust=Client.Trust.APPROVED)
        flow.tokens()
        assert is_asked(flow)

    def test_always_by_a_client_that_nobody_checked(self, flow: Flow) -> None:
        flow.tokens()
        assert is_asked(flow)


class TestASilentQuestion:
    """`prompt=none`: the client wants an answer, and no page."""

    def test_is_answered_with_a_code_where_nothing_has_to_be_asked(self, known: Flow) -> None:
        assert not is_asked(known, prompt="none")

    def test_is_answered_with_an_error_where_something_has(self, flow: Flow) -> None:
        assert refused(flow, prompt="none")["error"] == "consent_required"

    def test_about_more_than_was_allowed_is_answered_with_an_error(self, known: Flow) -> None:
        assert refused(known, prompt="none", scope="notes:write")["error"] == "consent_required"

    def test_cannot_be_combined(self, known: Flow) -> None:
        assert refused(known, prompt="none login")["error"] == "invalid_request"

    def test_of_an_approved_client_is_answered_before_sign_in(self, known: Flow) -> None:
        known.browser = Browser()
        assert refused(known, prompt="none")["error"] == "login_required"

    def test_of_any_other_client_redirects_nobody_who_is_not_signed_in(self, flow: Flow) -> None:
        """RFC 9700 §4.11.2: anybody can register a redirect URI."""
        assert Browser().get(flow.authorize_url(prompt="none"))["Location"].startswith("/accounts/login/")
