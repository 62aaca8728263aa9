"""Device authorization (RFC 8628): the endpoint, polling, and the tokens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge import device, user_codes
from oauth_bridge.bearer import verify
from oauth_bridge.models import Client, Connection, DeviceAuthorization
from oauth_bridge.revocation import pause_connections
from tests.oauth_bridge.devices import GRANT, Device, register_device
from tests.oauth_bridge.flows import FORM, Flow, post_form
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE


@pytest.fixture
def waiting(browser: Browser) -> Device:
    """A public client's device that shows its code."""
    return Device.start(browser, register_device(browser))


def error(response: Any, status: int = 400) -> str:
    assert response.status_code == status, response.content
    assert response["Cache-Control"] == "no-store"
    return str(response.json()["error"])


def pass_interval() -> None:
    """Let the device have waited as long as it should."""
    DeviceAuthorization.objects.update(polled_at=F("polled_at") - timedelta(seconds=60))


class TestCodes:
    """RFC 8628 §3.1, §3.2."""

    def test_answer_has_all_that_a_device_needs(self, waiting: Device) -> None:
        answer = waiting.answer
        assert answer["verification_uri"] == "http://localhost:8000/device"
        assert answer["verification_uri_complete"] == f"http://localhost:8000/device?user_code={answer['user_code']}"
        assert (answer["expires_in"], answer["interval"]) == (600, 5)

    def test_the_answer_is_not_cached(self, browser: Browser) -> None:
        response = post_form(browser, "/device_authorization", {"client_id": register_device(browser)})
        assert response["Cache-Control"] == "no-store"

    def test_the_user_code_is_short_and_unambiguous(self, waiting: Device) -> None:
        """RFC 8628 §6.1."""
        first, dash, last = waiting.answer["user_code"].partition("-")
        assert (len(first), dash, len(last)) == (4, "-", 4)
        assert set(first + last) <= set("BCDFGHJKLMNPQRSTVWXZ")

    def test_a_user_code_is_never_given_twice_at_a_time(self, waiting: Device, monkeypatch: Any) -> None:
        taken = iter(user_codes.normalised(waiting.answer["user_code"]) + "BBBBBBBB")
        monkeypatch.setattr(user_codes.secrets, "choice", lambda alphabet: next(taken))
        assert Device.start(waiting.browser, waiting.client_id).answer["user_code"] == "BBBB-BBBB"

    def test_only_digests_are_kept(self, waiting: Device) -> None:
        row = DeviceAuthorization.objects.get()
        kept = f"{row.device_code} {row.user_code}"
        assert waiting.answer["device_code"] not in kept
        assert user_codes.normalised(waiting.answer["user_code"]) not in kept
        assert device.digest(user_codes.normalised(waiting.answer["user_code"])) not in kept

    def test_works_with_a_trailing_slash(self, browser: Browser) -> None:
        answer = post_form(browser, "/device_authorization/", {"client_id": register_device(browser)})
        assert answer.status_code == 200

    def test_of_an_unknown_client_are_refused(self, browser: Browser) -> None:
        assert error(post_form(browser, "/device_authorization", {"client_id": "unknown"}), 401) == "invalid_client"

    def test_of_a_client_without_the_grant_are_refused(self, flow: Flow) -> None:
        response = post_form(flow.browser, "/device_authorization", {"client_id": flow.client_id})
        assert error(response) == "unauthorized_client"

    def test_of_a_disabled_client_are_refused(self, browser: Browser) -> None:
        client_id = register_device(browser)
        Client.objects.update(disabled=True)
        assert error(post_form(browser, "/device_authorization", {"client_id": client_id}), 401) == "invalid_client"

    def test_of_a_confidential_client_want_its_secret(self, browser: Browser) -> None:
        """RFC 8628 §3.1: the client authentication of the token endpoint."""
        client = Client(
            name="TV",
            client_type=Client.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Client.GRANT_DEVICE_CODE,
            client_secret="a secret",
        )
        client.save()
        form = {"client_id": client.client_id}
        assert error(post_form(browser, "/device_authorization", form), 401) == "invalid_client"
        form["client_secret"] = "a secret"
        assert post_form(browser, "/device_authorization", form).status_code == 200

    def test_for_a_foreign_resource_are_refused(self, browser: Browser) -> None:
        form = {"client_id": register_device(browser), "resource": "https://elsewhere.example/mcp"}
        assert error(post_form(browser, "/device_authorization", form)) == "invalid_target"

    def test_are_limited_for_each_address(self, browser: Browser, monkeypatch: Any) -> None:
        client_id = register_device(browser)
        Device.start(browser, client_id)
        DeviceAuthorization.objects.bulk_create(
            DeviceAuthorization(
                device_code=str(number),
                user_code=str(number),
                client=Client.objects.get(),
                interval=5,
                requested_from="127.0.0.1",
                expires_at=timezone.now() + timedelta(minutes=5),
            )
            for number in range(99)
        )
        response = post_form(browser, "/device_authorization", {"client_id": client_id})
        assert error(response, 429) == "slow_down"
        assert response["Retry-After"] == "600"

    @pytest.mark.parametrize("body", ["", "client_id=%00", "client_id=a&client_id=b", "resource=https%3A%2F%2F%5Bbad"])
    def test_junk_is_refused_as_json(self, browser: Browser, body: str) -> None:
        response = browser.post("/device_authorization", body, content_type=FORM)
        assert error(response, response.status_code) in ("invalid_request", "invalid_client")

    def test_get_is_not_for_devices(self, browser: Browser) -> None:
        assert error(browser.get("/device_authorization"), 405) == "invalid_request"


class TestPolling:
    """RFC 8628 §3.5."""

    def test_is_pending_until_somebody_answered(self, waiting: Device) -> None:
        assert error(waiting.poll()) == "authorization_pending"

    def test_too_often_is_slowed_down(self, waiting: Device) -> None:
        waiting.poll()
        assert error(waiting.poll()) == "slow_down"

    def test_each_time_by_five_seconds_more(self, waiting: Device) -> None:
        waiting.poll()
        for interval in (10, 15, 20):
            waiting.poll()
            assert DeviceAuthorization.objects.get().interval == interval

    def test_at_the_interval_is_not(self, waiting: Device) -> None:
        waiting.poll()
        pass_interval()
        assert error(waiting.poll()) == "authorization_pending"

    def test_without_end_does_not_overflow(self, waiting: Device) -> None:
        waiting.poll()
        DeviceAuthorization.objects.update(interval=599)
        waiting.poll()
        assert DeviceAuthorization.objects.get().interval == 600

    def test_of_a_denied_one_is_told_so(self, waiting: Device) -> None:
        waiting.answered("deny")
        assert error(waiting.poll()) == "access_denied"

    def test_after_its_time_is_told_so(self, waiting: Device) -> None:
        DeviceAuthorization.objects.update(expires_at=timezone.now())
        assert error(waiting.poll()) == "expired_token"

    def test_an_approved_one_expires_too(self, waiting: Device) -> None:
        waiting.answered("allow")
        DeviceAuthorization.objects.update(expires_at=timezone.now())
        assert error(waiting.poll()) == "expired_token"

    def test_by_another_client_finds_nothing(self, waiting: Device) -> None:
        """The code is bound to its client."""
        waiting.answered("allow")
        other = register_device(waiting.browser, client_name="Another")
        assert error(waiting.poll(client_id=other)) == "invalid_grant"
        assert waiting.poll().status_code == 200

    @pytest.mark.parametrize("form", [{}, {"device_code": "unknown"}, {"device_code": "\ud800"}])
    def test_with_junk_is_refused(self, waiting: Device, form: dict[str, str]) -> None:
        fields = {"grant_type": GRANT, "client_id": waiting.client_id, **form}
        encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
        assert error(post_form(waiting.browser, "/token", encoded)) in ("invalid_grant", "invalid_request")


class TestTokens:
    def test_of_an_approved_device_work(self, waiting: Device, alice: User) -> None:
        waiting.answered("allow")
        principal = verify(waiting.poll().json()["access_token"], RESOURCE)
        assert (principal.user, principal.client_id) == (alice, waiting.client_id)

    def test_come_with_a_refresh_token(self, waiting: Device) -> None:
        waiting.answered("allow")
        tokens = waiting.poll().json()
        flow = Flow(waiting.browser, waiting.client_id)
        assert verify(flow.refresh(tokens["refresh_token"]).json()["access_token"], RESOURCE)

    def test_come_without_one_for_a_client_that_did_not_register_for_it(self, browser: Browser) -> None:
        found = Device.start(browser, register_device(browser, grant_types=["authorization_code", GRANT]))
        found.answered("allow")
        assert "refresh_token" not in found.poll().json()

    def test_are_given_once(self, waiting: Device) -> None:
        """Stock DOT gives them again and again."""
        waiting.answered("allow")
        assert waiting.poll().status_code == 200
        assert error(waiting.poll()) == "invalid_grant"

    def test_are_given_to_one_of_two_polls_at_once(self, waiting: Device, monkeypatch: Any) -> None:
        """Both saw the approval; the second finds under the lock that the first took it."""
        waiting.answered("allow")
        poll: Callable[..., Any] = device.poll

        def poll_then_lose(code: str, client: Client) -> Any:
            found = poll(code, client)
            monkeypatch.setattr(device, "poll", poll)
            assert waiting.poll().status_code == 200
            return found

        monkeypatch.setattr(device, "poll", poll_then_lose)
        assert error(waiting.poll()) == "invalid_grant"
        assert AccessToken.objects.count() == 1

    def test_have_the_scopes_that_were_asked_for(self, browser: Browser) -> None:
        found = Device.start(browser, register_device(browser), scope="notes:read offline_access")
        found.answered("allow")
        assert found.poll().json()["scope"] == "notes:read"

    def test_have_no_scope_that_is_asked_for_afterwards(self, waiting: Device) -> None:
        waiting.answered("allow")
        assert waiting.poll(scope="notes:write").json()["scope"] == "mcp"

    def test_are_for_the_resource_that_was_asked_for(self, browser: Browser) -> None:
        """RFC 8707 §2.2."""
        found = Device.start(browser, register_device(browser), resource=OTHER_RESOURCE)
        found.answered("allow")
        assert error(found.poll(resource=RESOURCE)) == "invalid_target"
        assert verify(found.poll(resource=OTHER_RESOURCE).json()["access_token"], OTHER_RESOURCE)

    def test_are_not_for_a_user_who_was_deactivated(self, waiting: Device, alice: User) -> None:
        waiting.answered("allow")
        User.objects.update(is_active=False)
        assert error(waiting.poll()) == "invalid_grant"

    def test_are_not_for_a_client_that_was_disabled(self, waiting: Device) -> None:
        waiting.answered("allow")
        Client.objects.update(disabled=True)
        assert error(waiting.poll(), 401) == "invalid_client"

    def test_are_not_for_a_connection_that_was_paused_meanwhile(self, waiting: Device) -> None:
        waiting.answered("allow")
        waiting.poll()
        again = Device.start(waiting.browser, waiting.client_id)
        again.answered("allow")
        pause_connections(Connection.objects.all())
        assert error(again.poll()) == "invalid_grant"


class TestSwitchedOff:
    @pytest.fixture(autouse=True)
    def _off(self, settings: Any, waiting: Device) -> None:
        settings.OAUTH_BRIDGE_DEVICE_FLOW = False

    def test_nothing_is_there(self, waiting: Device) -> None:
        assert waiting.browser.get("/device").status_code == 404
        response = post_form(waiting.browser, "/device_authorization", {"client_id": waiting.client_id})
        assert error(response, 404) == "not_found"
        assert error(waiting.poll()) == "unsupported_grant_type"

    def test_nothing_is_advertised(self, browser: Browser) -> None:
        document = browser.get("/.well-known/oauth-authorization-server").json()
        assert "device_authorization_endpoint" not in document
        assert GRANT not in document["grant_types_supported"]


def test_it_is_advertised(browser: Browser) -> None:
    """RFC 8628 §4."""
    document = browser.get("/.well-known/oauth-authorization-server").json()
    assert document["device_authorization_endpoint"] == "http://localhost:8000/device_authorization"
    assert GRANT in document["grant_types_supported"]
