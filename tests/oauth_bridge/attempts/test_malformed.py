"""Requests that could not be judged, and sign-ins that failed: they stop attempts too, and say why."""

from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client as Browser

from accounts import app_codes
from accounts.models import User
from accounts.signals import sign_in_failed
from oauth_bridge.models import ConnectionAttempt
from oauth_bridge.models.attempt import Step
from tests.accounts.authenticator_app import code
from tests.oauth_bridge.attempts.conftest import Recorded
from tests.oauth_bridge.attempts.steps import program, sign_up
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Flow, basic, post_form

PASSWORD = "correct horse battery staple"
SECRETS = ("hunter2-typed-wrong", PASSWORD, "alice")


def stopped(row: ConnectionAttempt) -> tuple[int, str]:
    """The step that failed, and why."""
    assert row.failed
    return row.step, row.reason


class TestATokenRequest:
    @pytest.fixture
    def waiting(self, recorded: Recorded, confidential: Flow) -> Flow:
        """A client that was allowed and has its code."""
        confidential.code()
        return confidential

    @pytest.mark.parametrize(
        ("kind", "body", "why"),
        [
            ("application/json", '{"grant_type": "authorization_code"}', "POST /token (application/json) was refused"),
            ("application/x-www-form-urlencoded", "code=x", "grant_type is missing."),
            ("application/x-www-form-urlencoded", "grant_type=a&grant_type=b", "sent more than once"),
            ("multipart/form-data; boundary=x", "nonsense", "application/x-www-form-urlencoded"),
        ],
    )
    def test_that_is_malformed_is_of_the_one_attempt_from_there(
        self, recorded: Recorded, waiting: Flow, kind: str, body: str, why: str
    ) -> None:
        waiting.browser.post("/token", body, content_type=kind)
        step, reason = stopped(recorded.only)
        assert step == Step.TOKEN
        assert why in reason

    def test_by_another_method(self, recorded: Recorded, waiting: Flow) -> None:
        waiting.browser.get("/token?code=5ecret")
        assert stopped(recorded.only) == (Step.TOKEN, "GET /token was refused as malformed. Use POST.")

    def test_with_parameters_in_the_url(self, recorded: Recorded, waiting: Flow) -> None:
        waiting.browser.post(f"/token?client_id={waiting.client_id}&client_secret=5ecret")
        assert "not in the URL" in stopped(recorded.only)[1]
        assert "5ecret" not in str(vars(recorded.only))

    def test_that_names_its_client_in_the_header(self, recorded: Recorded, waiting: Flow) -> None:
        other = program("203.0.113.9")
        other.post("/token", "{}", content_type="application/json", headers=basic(waiting.client_id, "wr0ng"))
        assert recorded.rows[-1].client_id == waiting.client_id
        assert "wr0ng" not in str(vars(recorded.rows[-1]))

    def test_from_where_several_attempts_wait_is_a_row_of_its_own(self, recorded: Recorded, waiting: Flow) -> None:
        sign_up(waiting.browser, waiting.browser, client_name="Another")
        waiting.browser.post("/token", "{}", content_type="application/json")
        assert [row.failed for row in recorded.rows] == [False, False, True]

    def test_that_is_mended_goes_on(self, recorded: Recorded, confidential: Flow) -> None:
        code = confidential.code()
        confidential.browser.post("/token", "{}", content_type="application/json")
        assert confidential.exchange(code).status_code == 200
        assert (recorded.only.failed, recorded.only.reached) == (False, Step.TOKEN)

    def test_from_nobody_in_particular(self, recorded: Recorded) -> None:
        program().post("/token", "{}", content_type="application/json")
        assert stopped(recorded.only)[0] == Step.TOKEN


class TestADevice:
    def test_that_is_refused(self, recorded: Recorded) -> None:
        somebody = program()
        client_id = register_device(somebody, grant_types=["authorization_code"], redirect_uris=["https://a.example/"])
        post_form(somebody, "/device_authorization", {"client_id": client_id})
        step, reason = stopped(recorded.rows[-1])
        assert step == Step.AUTHORIZE
        assert "not registered for the device grant" in reason

    def test_that_is_unknown(self, recorded: Recorded) -> None:
        post_form(program(), "/device_authorization", {"client_id": "nobody"})
        assert stopped(recorded.only)[0] == Step.AUTHORIZE


class TestSignIn:
    @pytest.fixture
    def asking(self, recorded: Recorded, alice: User) -> Flow:
        """A client that has sent somebody here who is not signed in."""
        cache.clear()
        alice.set_password(PASSWORD)
        alice.save()
        flow = sign_up(program(), Browser(), client_name="Example")
        self.go(flow)
        return flow

    def go(self, flow: Flow) -> str:
        """To the sign-in page."""
        page = flow.browser.get(flow.authorize_url())
        assert page.status_code == 302
        flow.browser.get(page["Location"])
        return str(page["Location"])

    def type(self, flow: Flow, login: str, password: str) -> Any:
        return flow.browser.post(self.go(flow), {"login": login, "password": password})

    def test_with_a_wrong_password(self, recorded: Recorded, asking: Flow) -> None:
        self.type(asking, "alice", "hunter2-typed-wrong")
        assert stopped(recorded.only) == (Step.SIGN_IN, "The password was wrong, or there is no such account.")
        assert recorded.only.client_name == "Example"

    def test_says_nothing_of_what_was_typed(self, recorded: Recorded, asking: Flow) -> None:
        self.type(asking, "alice", "hunter2-typed-wrong")
        self.type(asking, "hunter2-typed-wrong", PASSWORD)  # into the wrong field
        assert [secret for secret in SECRETS if secret in str(vars(recorded.only))] == []

    def test_that_is_tried_too_often(self, recorded: Recorded, asking: Flow) -> None:
        for _ in range(6):
            self.type(asking, "alice", "hunter2-typed-wrong")
        assert stopped(recorded.only)[1].startswith("There were too many wrong passwords")

    def test_with_the_right_password_at_last_is_no_failure(self, recorded: Recorded, asking: Flow) -> None:
        self.type(asking, "alice", "hunter2-typed-wrong")
        self.type(asking, "alice", PASSWORD)
        asking.browser.get(asking.authorize_url())
        assert (recorded.only.failed, recorded.only.reached) == (False, Step.SIGN_IN)

    def test_with_a_wrong_second_factor(self, recorded: Recorded, asking: Flow, alice: User) -> None:
        TOTP.activate(alice, generate_totp_secret())
        assert self.type(asking, "alice", PASSWORD).status_code == 302
        asking.browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert stopped(recorded.only) == (Step.SIGN_IN, "The code of the second factor was wrong.")
        assert recorded.only.user_name == "alice"

    def test_with_a_code_that_was_used_before(self, recorded: Recorded, asking: Flow, alice: User) -> None:
        secret = generate_totp_secret()
        TOTP.activate(alice, secret)
        assert app_codes.use(alice, secret, code(secret))
        self.type(asking, "alice", PASSWORD)
        asking.browser.post("/accounts/2fa/authenticate/", {"code": code(secret)})
        assert stopped(recorded.only) == (Step.SIGN_IN, "The code of the second factor was wrong.")

    def test_on_the_way_to_confirm_a_device(self, recorded: Recorded, asking: Flow) -> None:
        device = Device.start(Browser(), register_device(program()))
        target = f"/device?user_code={device.answer['user_code']}"
        form = {"login": "alice", "password": "hunter2-typed-wrong"}
        Browser().post(f"/accounts/login/?{urlencode({'next': target})}", form)
        rows = {row.client_name: row for row in recorded.rows}
        assert stopped(rows["Television"]) == (
            Step.SIGN_IN,
            "The password was wrong, or there is no such account.",
        )
        assert not rows["Example"].failed

    def test_on_the_way_to_a_page_of_ones_own_is_no_attempt(self, recorded: Recorded, asking: Flow) -> None:
        assert recorded.only.step == Step.SIGN_IN
        browser = Browser()
        browser.post("/accounts/login/?next=/account/", {"login": "alice", "password": "hunter2-typed-wrong"})
        browser.post("/accounts/login/", {"login": "alice", "password": "hunter2-typed-wrong"})
        assert not recorded.only.failed

    def test_of_somebody_who_is_signed_in_and_asked_again_is_none(self, browser: Browser) -> None:
        heard: list[str] = []

        def hear(why: str, **kwargs: Any) -> None:
            heard.append(why)

        sign_in_failed.connect(hear)
        try:
            browser.post("/accounts/reauthenticate/", {"password": "hunter2-typed-wrong"})
        finally:
            sign_in_failed.disconnect(hear)
        assert heard == []
