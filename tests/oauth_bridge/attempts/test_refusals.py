"""What stops an attempt is said in words that tell an operator what to mend."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import Grant

from accounts.models import User
from oauth_bridge.models import Client, Connection, ConnectionAttempt
from oauth_bridge.models.attempt import Step
from tests.oauth_bridge.attempts.conftest import Recorded
from tests.oauth_bridge.attempts.steps import another_challenge, discover, program, sign_up
from tests.oauth_bridge.flows import Flow, answer_of, basic, post_form, register
from tests.oauth_bridge.operator_clients import flow_of, operator_client
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE


def stopped(row: ConnectionAttempt) -> tuple[int, str]:
    """The step that failed, and why."""
    assert row.failed
    return row.step, row.reason


class TestRegistration:
    @pytest.mark.parametrize(
        ("metadata", "why"),
        [
            ({"redirect_uris": ["http://client.example/cb"]}, "'http://client.example/cb' is neither https, nor http"),
            ({"redirect_uris": []}, "redirect_uris must be a list of at least one URI."),
            ({"grant_types": ["implicit"]}, "grant_types must have authorization_code"),
        ],
    )
    def test_that_is_refused(self, recorded: Recorded, metadata: dict[str, Any], why: str) -> None:
        register(program(), **metadata)
        step, reason = stopped(recorded.only)
        assert step == Step.REGISTRATION
        assert why in reason

    def test_that_is_switched_off(self, recorded: Recorded, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION = "off"
        register(program())
        assert "OAUTH_REGISTRATION is off" in recorded.only.reason

    def test_that_comes_too_often(self, recorded: Recorded, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "1/h"
        register(program())
        register(program(), client_name="Another")
        assert "Too many clients were registered lately." in recorded.rows[-1].reason

    def test_goes_on_from_discovery(self, recorded: Recorded) -> None:
        somebody = program()
        discover(somebody)
        register(somebody, redirect_uris=[])
        assert (recorded.only.reached, recorded.only.step) == (Step.DISCOVERY, Step.REGISTRATION)

    def test_that_succeeds_in_the_end_is_no_failure(self, recorded: Recorded) -> None:
        somebody = program()
        register(somebody, redirect_uris=[])
        register(somebody)
        assert not recorded.only.failed
        assert [entry["done"] for entry in recorded.only.timeline] == [False, True]


class TestTheAuthorizationRequest:
    @pytest.fixture
    def asking(self, recorded: Recorded, browser: Browser) -> Flow:
        """A client that registered a moment ago, in alice's browser."""
        return sign_up(program(), browser, client_name="Example")

    def test_of_a_client_that_nobody_knows(self, recorded: Recorded, browser: Browser) -> None:
        browser.get(Flow(browser, "no-such-client").authorize_url())
        step, reason = stopped(recorded.only)
        assert step == Step.AUTHORIZE
        assert reason.startswith("The client no-such-client is not known here: it was never registered")

    def test_of_a_client_that_is_disabled(self, recorded: Recorded, asking: Flow) -> None:
        Client.objects.update(disabled=True)
        asking.browser.get(asking.authorize_url())
        assert recorded.only.reason == f"The client {asking.client_id} is disabled."

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_with_a_redirect_uri_that_is_not_registered(
        self, recorded: Recorded, asking: Flow, signed_in: bool
    ) -> None:
        browser = asking.browser if signed_in else Browser()
        browser.get(asking.authorize_url(redirect_uri="https://client.example/other?token=5ecret"))
        assert stopped(recorded.only) == (
            Step.AUTHORIZE,
            "The redirect URI https://client.example/other?… is not registered; "
            "registered are https://client.example/callback.",
        )

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_without_pkce(self, recorded: Recorded, asking: Flow, signed_in: bool) -> None:
        browser = asking.browser if signed_in else Browser()
        browser.get(asking.authorize_url(code_challenge=None, code_challenge_method=None))
        assert stopped(recorded.only)[1].startswith("PKCE is missing: the request has no code_challenge.")

    def test_with_another_method_of_pkce(self, recorded: Recorded, asking: Flow) -> None:
        asking.browser.get(asking.authorize_url(code_challenge_method="plain"))
        assert "S256" in recorded.only.reason

    def test_for_a_resource_that_is_not_here(self, recorded: Recorded, asking: Flow) -> None:
        asking.browser.get(asking.authorize_url(resource="https://elsewhere.example/mcp"))
        assert stopped(recorded.only) == (
            Step.AUTHORIZE,
            "The resource https://elsewhere.example/mcp is not one of this server, "
            f"which has {RESOURCE}, {OTHER_RESOURCE}.",
        )

    def test_that_is_denied(self, recorded: Recorded, asking: Flow) -> None:
        asking.consent("deny")
        assert stopped(recorded.only) == (Step.CONSENT, "The user did not allow it.")

    def test_that_must_not_ask_anybody(self, recorded: Recorded, asking: Flow) -> None:
        asking.browser.get(asking.authorize_url(prompt="none"))
        assert stopped(recorded.only) == (Step.CONSENT, "The user has to be asked.")

    def test_that_is_mended_goes_on(self, recorded: Recorded, asking: Flow) -> None:
        asking.consent("deny")
        asking.consent("allow")
        assert (recorded.only.failed, recorded.only.reached) == (False, Step.CONSENT)


class TestTheToken:
    @pytest.fixture
    def redeeming(self, recorded: Recorded, confidential: Flow) -> Flow:
        return confidential

    def why(self, recorded: Recorded) -> str:
        step, reason = stopped(recorded.only)
        assert step == Step.TOKEN
        return reason

    def test_for_a_code_that_expired(self, recorded: Recorded, redeeming: Flow) -> None:
        code = redeeming.code()
        Grant.objects.update(expires=timezone.now())
        redeeming.exchange(code)
        assert self.why(recorded) == "The code expired before it was used."

    def test_for_a_code_that_was_used(self, recorded: Recorded, redeeming: Flow) -> None:
        code = redeeming.code()
        redeeming.exchange(code)
        redeeming.exchange(code)
        assert self.why(recorded).startswith("The code was used before.")

    def test_for_a_code_that_was_never_given(self, recorded: Recorded, redeeming: Flow) -> None:
        redeeming.exchange("made-up")
        assert self.why(recorded).startswith("No such code was given to this client")

    def test_with_a_wrong_verifier(self, recorded: Recorded, redeeming: Flow) -> None:
        redeeming.exchange(redeeming.code(), code_verifier="another-verifier-that-is-long-enough-for-the-rfc")
        assert self.why(recorded).startswith("The code_verifier is missing, or does not match")

    def test_with_another_redirect_uri(self, recorded: Recorded, redeeming: Flow) -> None:
        redeeming.exchange(redeeming.code(), redirect_uri="https://client.example/other")
        assert self.why(recorded) == "The redirect URI is not the one of the authorization request."

    def test_with_a_wrong_secret(self, recorded: Recorded, redeeming: Flow) -> None:
        redeeming.exchange(redeeming.code(), client_secret="wrong")
        assert self.why(recorded) == f"The client {redeeming.client_id} sent a wrong client secret, or none."

    def test_with_a_wrong_secret_in_the_header(self, recorded: Recorded, redeeming: Flow) -> None:
        form = {"grant_type": "authorization_code", "code": redeeming.code()}
        post_form(redeeming.browser, "/token", form, **basic(redeeming.client_id, "wr0ng-secret"))
        assert self.why(recorded) == f"The client {redeeming.client_id} sent a wrong client secret, or none."
        assert "wr0ng" not in str(vars(recorded.only))

    def test_with_a_secret_that_expired(self, recorded: Recorded, redeeming: Flow) -> None:
        code = redeeming.code()
        Client.objects.update(secret_expires_at=timezone.now())
        redeeming.exchange(code)
        assert "expired on" in self.why(recorded)

    def test_of_a_client_that_is_not_known_any_more(self, recorded: Recorded, redeeming: Flow) -> None:
        recorded.rows  # noqa: B018
        Client.objects.all().delete()
        redeeming.exchange("any")
        assert "is not known here" in recorded.rows[-1].reason

    def test_for_another_resource_than_was_allowed(self, recorded: Recorded, redeeming: Flow) -> None:
        redeeming.exchange(redeeming.code(), resource=OTHER_RESOURCE)
        assert f"another resource than the user allowed, which is {RESOURCE}" in self.why(recorded)

    def test_for_a_resource_that_is_not_here(self, recorded: Recorded, redeeming: Flow) -> None:
        redeeming.exchange(redeeming.code(), resource="https://elsewhere.example/")
        assert self.why(recorded).startswith("The resource https://elsewhere.example/ is not one of this server")

    def test_of_a_connection_that_was_ended_meanwhile(self, recorded: Recorded, redeeming: Flow) -> None:
        code = redeeming.code()
        Connection.objects.update(state=Connection.State.REVOKED)
        redeeming.exchange(code)
        assert self.why(recorded) == "The connection was ended or paused since its user allowed it."

    def test_by_credentials_that_act_for_nobody(self, recorded: Recorded) -> None:
        flow_of(operator_client()).token(grant_type="client_credentials")
        assert self.why(recorded) == "Nobody was named whom this client acts as."

    def test_by_credentials_alone_is_one_row_however_often(self, recorded: Recorded, alice: User) -> None:
        flow = flow_of(operator_client(acts_as=alice))
        for _ in range(3):
            assert flow.token(grant_type="client_credentials").status_code == 200
        assert recorded.only.reached == Step.TOKEN


def test_a_failure_of_one_attempt_leaves_another_alone(recorded: Recorded, flow: Flow) -> None:
    good = flow.authorize_url(code_challenge=another_challenge(1))
    bad = flow.authorize_url(code_challenge=another_challenge(2), resource="https://elsewhere.example/mcp")
    page = flow.browser.get(good)
    assert page.status_code == 200
    assert "error" in answer_of(flow.browser.get(bad))
    assert [row.failed for row in recorded.rows] == [False, True]
