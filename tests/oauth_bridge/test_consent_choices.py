"""What a user can choose on the consent page, and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant

from oauth_bridge.bearer import verify
from oauth_bridge.models import Connection
from oauth_bridge.revocation import pause_connections, revoke_connections
from tests.oauth_bridge.flows import Flow, answer_of, error, works
from tests.oauth_bridge.protected import RESOURCE

ALL = "mcp notes:read notes:write"
DAY = timedelta(days=1)


def new_ones(flow: Flow, scope: str) -> list[str]:
    """Sentences of the boxes that are marked as new."""
    page = BeautifulSoup(flow.browser.get(flow.authorize_url(scope=scope)).content, "html.parser")
    return [str(label.contents[0]).strip() for label in page.find_all("label") if label.find(class_="new")]


class TestBoxes:
    def test_are_all_ticked_at_first(self, flow: Flow) -> None:
        assert flow.page(scope=ALL).scopes == {"mcp": True, "notes:read": True, "notes:write": True}

    def test_that_are_unticked_grant_nothing(self, flow: Flow) -> None:
        tokens = flow.exchange(answer_of(flow.consent(untick={"notes:write"}, scope=ALL))["code"]).json()
        assert tokens["scope"] == "mcp notes:read"
        assert Connection.objects.get().scopes == "mcp notes:read"
        assert verify(tokens["access_token"], RESOURCE).scopes == {"mcp", "notes:read"}

    def test_that_were_not_offered_are_ignored(self, flow: Flow) -> None:
        form = flow.page(scope="mcp").answer()
        flow.browser.post(flow.authorize_url(scope="mcp"), {**form, "scope": ["mcp", "notes:write", "reports", "x"]})
        assert Grant.objects.get().scope == Connection.objects.get().scopes == "mcp"

    def test_none_of_which_is_ticked_are_a_denial(self, flow: Flow) -> None:
        assert answer_of(flow.consent(untick=ALL.split(), scope=ALL))["error"] == "access_denied"
        assert not Connection.objects.exists()
        assert not Grant.objects.exists()

    def test_of_a_button_that_does_not_exist_are_a_denial(self, flow: Flow) -> None:
        answer = flow.page().answer(allow="everything")
        assert answer_of(flow.browser.post(flow.authorize_url(), answer))["error"] == "access_denied"

    def test_with_both_buttons_are_a_denial(self, flow: Flow) -> None:
        answer = flow.page().answer(deny="1")
        assert answer_of(flow.browser.post(flow.authorize_url(), answer))["error"] == "access_denied"


class TestAConnectionThatExists:
    def test_is_shown_with_what_is_asked_for_beyond_it(self, flow: Flow) -> None:
        flow.tokens(scope="mcp")
        assert flow.page(scope="notes:read").scopes == {"mcp": True, "notes:read": True}
        assert new_ones(flow, "notes:read") == ["Read your notes"]

    def test_has_nothing_marked_as_new_the_first_time(self, flow: Flow) -> None:
        assert new_ones(flow, ALL) == []

    def test_keeps_what_was_not_asked_for_again(self, flow: Flow) -> None:
        """Step-up: the code carries what was asked for, the connection has both."""
        flow.tokens(scope="mcp")
        assert flow.tokens(scope="notes:read")["scope"] == "notes:read"
        assert Connection.objects.get().scopes == "mcp notes:read"

    def test_loses_what_is_unticked_at_once(self, flow: Flow) -> None:
        before = flow.tokens(scope=ALL)
        flow.consent(untick={"notes:write"}, scope="mcp")
        assert Connection.objects.get().scopes == "mcp notes:read"
        assert verify(before["access_token"], RESOURCE).scopes == {"mcp", "notes:read"}

    def test_can_be_narrowed_although_nothing_that_was_asked_for_is_allowed(self, flow: Flow) -> None:
        flow.tokens(scope="mcp notes:read")
        answer = answer_of(flow.consent(untick={"notes:read"}, scope="notes:read"))
        assert answer["error"] == "access_denied"
        assert Connection.objects.get().scopes == "mcp"

    def test_is_left_alone_by_a_denial(self, flow: Flow) -> None:
        tokens = flow.tokens(scope=ALL)
        flow.consent("deny", scope=ALL)
        assert Connection.objects.get().scopes == ALL
        assert works(tokens)

    @pytest.mark.parametrize("how", [{"untick": {"notes:read"}}, {"decision": "read"}])
    def test_that_gets_less_has_its_streams_ended(
        self, flow: Flow, ended: list[frozenset[int]], committed: Any, how: Any
    ) -> None:
        """They know what was granted when they were opened."""
        flow.tokens(scope="mcp notes:read")
        with committed():
            flow.consent(scope="mcp notes:read", **how)
        assert ended == [{Connection.objects.get().pk}]

    def test_that_gets_more_keeps_its_streams(self, flow: Flow, ended: list[frozenset[int]], committed: Any) -> None:
        flow.tokens(scope="mcp")
        with committed():
            flow.consent(scope="notes:read")
        assert ended == []


class TestReadingOnly:
    def test_is_one_click(self, flow: Flow) -> None:
        tokens = flow.exchange(answer_of(flow.consent("read", scope=ALL))["code"]).json()
        assert tokens["scope"] == ALL
        assert verify(tokens["access_token"], RESOURCE).read_only

    def test_is_not_what_allow_means(self, flow: Flow) -> None:
        assert not verify(flow.tokens()["access_token"], RESOURCE).read_only

    def test_is_lifted_by_allow(self, flow: Flow) -> None:
        tokens = flow.exchange(answer_of(flow.consent("read"))["code"]).json()
        assert b"for reading only" in flow.browser.get(flow.authorize_url()).content
        flow.consent()
        assert not verify(tokens["access_token"], RESOURCE).read_only


class TestDuration:
    def test_is_until_revoked_unless_something_else_is_chosen(self, flow: Flow) -> None:
        assert flow.page().fields["lifetime"] == "forever"
        flow.tokens()
        assert Connection.objects.get().expires_at is None

    @pytest.mark.parametrize(("chosen", "length"), [("30d", 30 * DAY), ("24h", DAY)])
    def test_ends_the_connection(self, flow: Flow, chosen: str, length: timedelta) -> None:
        flow.browser.post(flow.authorize_url(), flow.page().answer(lifetime=chosen))
        connection = Connection.objects.get()
        assert connection.expires_at == connection.consented_at + length

    @pytest.mark.parametrize("chosen", ["", "99y", "1"])
    def test_that_was_not_offered_is_asked_again(self, flow: Flow, chosen: str) -> None:
        response = flow.browser.post(flow.authorize_url(), flow.page().answer(lifetime=chosen))
        assert response.status_code == 409
        assert not Connection.objects.exists()

    def test_is_not_lengthened_by_a_click(self, flow: Flow) -> None:
        flow.browser.post(flow.authorize_url(), flow.page().answer(lifetime="24h"))
        assert flow.page().fields["lifetime"] == "24h"

    def test_that_the_operator_gave_counts_as_the_shortest(self, flow: Flow) -> None:
        flow.tokens()
        Connection.objects.update(expires_at=timezone.now() + 3 * DAY)
        assert flow.page().fields["lifetime"] == "24h"

    def test_bounds_the_tokens(self, flow: Flow) -> None:
        tokens = self.expiring(flow)
        assert 0 < tokens["expires_in"] <= 600
        connection = Connection.objects.get()
        assert connection.expires_at is not None
        assert AccessToken.objects.get().expires <= connection.expires_at
        assert verify(tokens["access_token"], RESOURCE).expires_at <= connection.expires_at.timestamp()
        assert flow.refresh(tokens["refresh_token"]).json()["expires_in"] <= 600

    def test_that_is_over_ends_tokens_and_refreshing(self, flow: Flow) -> None:
        tokens = self.expiring(flow)
        Connection.objects.update(expires_at=timezone.now())
        assert not works(tokens)
        assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"

    def test_that_is_over_gives_nothing_back_by_consenting_anew(self, flow: Flow) -> None:
        """What was issued before is another device's, perhaps, which nobody asked about."""
        old = self.expiring(flow)
        Connection.objects.update(expires_at=timezone.now())
        flow.tokens()
        assert not works(old)
        assert error(flow.refresh(old["refresh_token"])) == "invalid_grant"

    def expiring(self, flow: Flow) -> dict[str, Any]:
        """Tokens of a connection that ends in ten minutes."""
        code = flow.code()
        Connection.objects.update(expires_at=timezone.now() + timedelta(minutes=10))
        answer: dict[str, Any] = flow.exchange(code).json()
        return answer


class TestBetweenConsentAndCode:
    """The connection is made by the consent; the code only finds it."""

    def test_it_is_there_before_the_code_is_redeemed(self, flow: Flow) -> None:
        flow.consent()
        connection = Connection.objects.get()
        assert (connection.state, connection.redirect_host) == (Connection.State.ACTIVE, "client.example")

    @pytest.mark.parametrize("end", [pause_connections, revoke_connections, "expire"])
    def test_an_end_in_between_ends_the_code(self, flow: Flow, end: Any) -> None:
        code = flow.code()
        if end == "expire":
            Connection.objects.update(expires_at=timezone.now())
        else:
            end(Connection.objects.all())
        assert error(flow.exchange(code)) == "invalid_grant"
        assert not AccessToken.objects.exists()

    def test_what_was_taken_away_in_between_is_not_issued(self, flow: Flow) -> None:
        code = flow.code(scope=ALL)
        Connection.objects.update(scopes="mcp")
        assert flow.exchange(code).json()["scope"] == "mcp"

    def test_when_all_was_taken_away_nothing_is_issued(self, flow: Flow) -> None:
        code = flow.code(scope="notes:read")
        Connection.objects.update(scopes="mcp")
        assert error(flow.exchange(code)) == "invalid_grant"
