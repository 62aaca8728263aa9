"""What is cleared away, and what never is."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge import registered_clients
from oauth_bridge.cleanup import clear_unused_clients
from oauth_bridge.models import Client, Connection, PersonalToken, RedeemedCode, SpentAssertion
from oauth_bridge.personal_tokens import create
from oauth_bridge.revocation import revoke_connections
from tests.oauth_bridge.flows import Flow, register
from tests.oauth_bridge.protected import protected_resources

DAY = timedelta(days=1)


def let_pass(time: timedelta) -> None:
    """Make clients older."""
    then = timezone.now() - time
    Client.objects.update(created=then, updated=then)


class TestClients:
    def test_nobody_ever_used(self, flow: Flow) -> None:
        let_pass(DAY)
        assert clear_unused_clients() == 1
        assert not Client.objects.exists()

    def test_young_ones_stay(self, flow: Flow) -> None:
        let_pass(DAY - timedelta(minutes=1))
        assert clear_unused_clients() == 0

    def test_one_that_is_registered_again_stays(self, flow: Flow) -> None:
        let_pass(DAY)
        register(flow.browser, client_name="Example")
        assert clear_unused_clients() == 0

    @pytest.mark.parametrize("state", [Connection.State.ACTIVE, Connection.State.PAUSED])
    def test_live_ones_stay_for_ever(self, flow: Flow, state: str) -> None:
        flow.tokens()
        Connection.objects.update(state=state)
        let_pass(1000 * DAY)
        assert clear_unused_clients() == 0

    def test_one_whose_user_is_about_to_come_back_stays(self, flow: Flow) -> None:
        flow.code()
        let_pass(DAY)
        assert clear_unused_clients() == 0

    @pytest.mark.parametrize(("age", "cleared"), [(89 * DAY, 0), (90 * DAY, 1)])
    def test_ended_ones_stay_for_ninety_days(self, flow: Flow, age: timedelta, cleared: int) -> None:
        flow.tokens()
        Connection.objects.update(state=Connection.State.REVOKED)
        let_pass(age)
        assert clear_unused_clients() == cleared

    @pytest.mark.parametrize(
        "facts",
        [
            {"registration_source": Client.RegistrationSource.MANUAL},
            {"trust": Client.Trust.APPROVED},
            {"may_introspect": True},
            # It would come back switched on.
            {"registration_source": Client.RegistrationSource.CIMD, "disabled": True},
        ],
    )
    def test_the_operators_own_stay(self, flow: Flow, facts: dict[str, Any]) -> None:
        Client.objects.update(**facts)
        let_pass(1000 * DAY)
        assert clear_unused_clients() == 0

    def test_the_oldest_go_first(self, browser: Browser) -> None:
        for name in "AB":
            register(browser, client_name=name)
        let_pass(DAY)
        Client.objects.filter(name="B").update(created=timezone.now() - 2 * DAY)
        assert clear_unused_clients(1) == 1
        assert Client.objects.get().name == "A"

    def test_registrations_clear_away_without_cron(self, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registered_clients, "CLEAR_EVERY", 1)
        let_pass(DAY)
        register(flow.browser, client_name="Another")
        assert Client.objects.get().name == "Another"


class TestWhatEnded:
    """A client that had access goes ninety days after that ended, however old it was then."""

    @pytest.fixture
    def old(self, flow: Flow) -> Flow:
        flow.tokens()
        let_pass(1000 * DAY)
        return flow

    def test_by_revocation_of_the_connection(self, old: Flow) -> None:
        revoke_connections(Connection.objects.all())
        assert clear_unused_clients() == 0
        let_pass(90 * DAY)
        assert clear_unused_clients() == 1

    def test_by_the_client_itself(self, flow: Flow) -> None:
        """RFC 7009 §2.1."""
        tokens = flow.tokens()
        let_pass(1000 * DAY)
        flow.revoke(tokens["refresh_token"])
        assert Connection.objects.get().state == Connection.State.REVOKED
        assert clear_unused_clients() == 0
        let_pass(90 * DAY)
        assert clear_unused_clients() == 1

    @pytest.mark.parametrize(("since", "cleared"), [(89 * DAY, 0), (91 * DAY, 1)])
    def test_by_its_time(self, old: Flow, since: timedelta, cleared: int) -> None:
        Connection.objects.update(expires_at=timezone.now() - since)
        assert clear_unused_clients() == cleared


class TestAbandoned:
    """A connection whose tokens have all expired, and that nobody came back to."""

    @pytest.fixture
    def left(self, flow: Flow) -> Flow:
        flow.tokens()
        let_pass(1000 * DAY)
        Connection.objects.update(consented_at=timezone.now() - 91 * DAY)
        RefreshToken.objects.all().delete()
        AccessToken.objects.all().delete()
        return flow

    def test_goes_after_ninety_days(self, left: Flow) -> None:
        assert clear_unused_clients() == 1

    def test_stays_while_it_has_a_token(self, left: Flow) -> None:
        left.tokens()
        Connection.objects.update(consented_at=timezone.now() - 91 * DAY)
        RefreshToken.objects.all().delete()
        assert clear_unused_clients() == 0

    @pytest.mark.parametrize("fact", ["consented_at", "last_used_at"])
    def test_stays_when_somebody_was_there_lately(self, left: Flow, fact: str) -> None:
        Connection.objects.update(**{fact: timezone.now() - 89 * DAY})
        assert clear_unused_clients() == 0

    def test_stays_when_it_was_paused(self, left: Flow) -> None:
        """Somebody may resume it."""
        Connection.objects.update(state=Connection.State.PAUSED)
        assert clear_unused_clients() == 0


class TestPersonalTokens:
    @pytest.fixture
    def personal(self, alice: User) -> PersonalToken:
        """One for thirty days, made long ago."""
        made, _ = create(alice, "Script", protected_resources()[0], ["mcp"], 30)
        let_pass(1000 * DAY)
        return made

    def test_that_live_stay_for_ever(self, personal: PersonalToken) -> None:
        assert clear_unused_clients() == 0

    @pytest.mark.parametrize("state", [Connection.State.ACTIVE, Connection.State.PAUSED])
    @pytest.mark.parametrize(("since", "cleared"), [(89 * DAY, 0), (91 * DAY, 1)])
    def test_that_expired_go_after_ninety_days(
        self, personal: PersonalToken, state: str, since: timedelta, cleared: int
    ) -> None:
        Connection.objects.update(state=state, expires_at=timezone.now() - since)
        assert clear_unused_clients() == cleared

    def test_that_were_revoked_go_after_ninety_days(self, personal: PersonalToken) -> None:
        revoke_connections(personal.client.connections.all())
        assert clear_unused_clients() == 0
        let_pass(90 * DAY)
        assert clear_unused_clients() == 1

    def test_go_with_all_that_is_theirs(self, personal: PersonalToken) -> None:
        Connection.objects.update(expires_at=timezone.now() - 91 * DAY)
        clear_unused_clients()
        for model in (Client, Connection, PersonalToken, AccessToken):
            assert not model.objects.exists()

    def test_of_somebody_who_left_go_at_once(self, personal: PersonalToken) -> None:
        personal.user.delete()
        assert not Client.objects.exists()


class TestCommand:
    def run(self) -> str:
        output = StringIO()
        call_command("oauth_cleanup", stdout=output)
        return output.getvalue()

    def test_says_what_it_cleared(self, flow: Flow) -> None:
        let_pass(DAY)
        assert "unused clients: 1" in self.run()

    def test_expired_codes_go(self, flow: Flow) -> None:
        flow.code()
        Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
        self.run()
        assert not Grant.objects.exists()

    def test_redeemed_codes_go_after_a_day(self, flow: Flow) -> None:
        flow.tokens()
        self.run()
        assert RedeemedCode.objects.exists()
        RedeemedCode.objects.update(redeemed_at=timezone.now() - DAY)
        self.run()
        assert not RedeemedCode.objects.exists()

    def test_spent_assertions_go_when_they_expire(self, db: None) -> None:
        now = timezone.now()
        SpentAssertion.objects.create(digest="past", expires_at=now - DAY)
        SpentAssertion.objects.create(digest="future", expires_at=now + DAY)
        self.run()
        assert SpentAssertion.objects.get().digest == "future"

    def test_tokens_that_can_still_be_used_stay(self, flow: Flow) -> None:
        tokens = flow.tokens()
        AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
        self.run()
        assert flow.refresh(tokens["refresh_token"]).status_code == 200

    def test_tokens_that_nobody_can_use_go(self, flow: Flow) -> None:
        flow.tokens()
        long_ago = timezone.now() - 31 * DAY
        AccessToken.objects.update(expires=long_ago)
        RefreshToken.objects.update(created=long_ago)
        self.run()
        assert not AccessToken.objects.exists()
        assert not RefreshToken.objects.exists()
