"""The page where people answer for their devices (RFC 8628 §3.3, §5.1, §5.4)."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db.models import F
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from oauth_bridge.models import Client, Connection, DeviceAuthorization, UserCodeGuess
from oauth_bridge.revocation import pause_connections
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import consent_form

WRONG = "BBBB-BBBB"


@pytest.fixture
def waiting(browser: Browser) -> Device:
    return Device.start(browser, register_device(browser), scope="mcp notes:write")


def text(response: Any) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def look(waiting: Device, code: str | None = None) -> Any:
    """What the page shows for a code, before any decision."""
    return waiting.browser.post("/device", {"user_code": code or waiting.answer["user_code"]})


class TestCode:
    def test_is_asked_for_of_whoever_comes(self, db: None) -> None:
        response = Browser().get("/device")
        assert "Code on your device" in text(response)
        assert response["Cache-Control"] == "no-store"

    def test_in_the_link_is_filled_in_and_drawn_for_a_phone(self, waiting: Device) -> None:
        """RFC 8628 §3.3.1."""
        page = BeautifulSoup(waiting.browser.get(waiting.answer["verification_uri_complete"]).content, "html.parser")
        assert page.find("input", {"name": "user_code"})["value"] == waiting.answer["user_code"]  # type: ignore[index]
        assert page.find("svg") is not None

    def test_in_the_link_is_not_looked_up(self, waiting: Device) -> None:
        """Whoever opens a link must still type or confirm the code."""
        known, unknown = (
            text(waiting.browser.get("/device", {"user_code": code})).replace(code, "")
            for code in (waiting.answer["user_code"], WRONG)
        )
        assert known == unknown
        assert DeviceAuthorization.objects.get().state == "pending"

    def test_that_cannot_be_one_is_shown_as_text(self, waiting: Device) -> None:
        response = waiting.browser.get("/device", {"user_code": "<svg onload=x>"})
        assert b"<svg" not in response.content

    def test_needs_sign_in_and_survives_it(self, waiting: Device) -> None:
        response = Browser().post("/device", {"user_code": waiting.answer["user_code"]})
        assert response.status_code == 302
        assert response["Location"].endswith(f"next=/device%3Fuser_code%3D{waiting.answer['user_code']}")

    @pytest.mark.parametrize(
        "spell", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:2]} {code[2:]} "]
    )
    def test_may_be_spelled_as_people_do(self, waiting: Device, spell: Any) -> None:
        """RFC 8628 §6.1."""
        assert "Television" in text(look(waiting, spell(waiting.answer["user_code"])))

    @pytest.mark.parametrize("code", [WRONG, "", "x", "\0", "ß" * 8, "B" * 5000])
    def test_that_no_device_shows_is_refused(self, waiting: Device, code: str) -> None:
        response = look(waiting, code or " ")
        assert response.status_code == 400
        assert "No device is waiting" in text(response)

    def test_is_over_when_its_time_is(self, waiting: Device) -> None:
        DeviceAuthorization.objects.update(expires_at=timezone.now())
        assert look(waiting).status_code == 400

    def test_is_over_when_its_client_was_disabled(self, waiting: Device) -> None:
        Client.objects.update(disabled=True)
        assert look(waiting).status_code == 400

    def test_is_over_when_its_resource_was_taken_away(self, waiting: Device) -> None:
        DeviceAuthorization.objects.update(resource="http://localhost:8000/gone")
        assert look(waiting).status_code == 400


class TestGuessing:
    """RFC 8628 §5.1."""

    def test_ends_after_ten_wrong_codes(self, waiting: Device) -> None:
        for _ in range(10):
            look(waiting, WRONG)
        response = look(waiting)
        assert response.status_code == 429
        assert "Too many wrong codes" in text(response)

    def test_does_not_decide_either(self, waiting: Device) -> None:
        for _ in range(10):
            look(waiting, WRONG)
        waiting.answered("allow")
        assert DeviceAuthorization.objects.get().state == "pending"

    def test_is_counted_for_each_user(self, waiting: Device) -> None:
        for _ in range(10):
            look(waiting, WRONG)
        other = Browser()
        other.force_login(User.objects.create_user("bob"))
        assert other.post("/device", {"user_code": waiting.answer["user_code"]}).status_code == 200

    def test_is_counted_for_each_address(self, waiting: Device) -> None:
        bob = User.objects.create_user("bob")
        UserCodeGuess.objects.bulk_create(UserCodeGuess(user=bob, address="127.0.0.1") for _ in range(50))
        assert look(waiting).status_code == 429

    def test_can_go_on_after_ten_minutes(self, waiting: Device) -> None:
        for _ in range(10):
            look(waiting, WRONG)
        UserCodeGuess.objects.update(guessed_at=F("guessed_at") - timedelta(seconds=601))
        assert look(waiting).status_code == 200
        assert not UserCodeGuess.objects.exists()

    def test_right_codes_do_not_count(self, waiting: Device) -> None:
        for _ in range(12):
            assert look(waiting).status_code == 200


class TestConsent:
    def test_shows_client_scopes_tools_code_and_user(self, waiting: Device) -> None:
        shown = text(look(waiting))
        for fact in (
            "Television",
            "Write your notes",
            "Delete",
            waiting.answer["user_code"],
            "alice",
            "your own device",
        ):
            assert fact in shown

    def test_approves_nothing_by_itself(self, waiting: Device) -> None:
        look(waiting)
        assert DeviceAuthorization.objects.get().state == "pending"

    def test_is_given_by_a_form_of_this_site_alone(self, waiting: Device, alice: User) -> None:
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(alice)
        response = strict.post("/device", {"user_code": waiting.answer["user_code"], "allow": "1"})
        assert response.status_code == 403
        assert DeviceAuthorization.objects.get().state == "pending"

    def test_is_never_given_by_a_link(self, waiting: Device) -> None:
        waiting.browser.get("/device", {"user_code": waiting.answer["user_code"], "allow": "1"})
        assert DeviceAuthorization.objects.get().state == "pending"

    def test_given_says_so(self, waiting: Device, alice: User) -> None:
        assert "connected" in text(waiting.answered("allow"))
        assert DeviceAuthorization.objects.get().user == alice

    def test_refused_says_so(self, waiting: Device) -> None:
        assert "Nothing was allowed" in text(waiting.answered("deny"))

    def test_cannot_be_answered_twice(self, waiting: Device) -> None:
        waiting.answered("deny")
        assert waiting.answered("allow").status_code == 400
        assert DeviceAuthorization.objects.get().state == "denied"

    def test_answered_by_two_at_once_has_one_answer(self, waiting: Device, monkeypatch: Any) -> None:
        from oauth_bridge import device

        find = device.find_waiting

        def find_then_lose(code: str) -> Any:
            found = find(code)
            DeviceAuthorization.objects.update(state="denied")
            return found

        form = consent_form(look(waiting))
        monkeypatch.setattr(device, "find_waiting", find_then_lose)
        assert "This code is over" in text(waiting.browser.post("/device", form.answer()))
        assert DeviceAuthorization.objects.get().state == "denied"

    def test_does_not_lift_a_pause(self, waiting: Device) -> None:
        waiting.answered("allow")
        waiting.poll()
        pause_connections(Connection.objects.all())
        again = Device.start(waiting.browser, waiting.client_id)
        assert "paused" in text(look(again))
        again.browser.post("/device", {"user_code": again.answer["user_code"], "deny": "1"})
        assert again.poll().json()["error"] == "access_denied"

    def test_page_cannot_be_framed_or_cached(self, waiting: Device) -> None:
        """RFC 9700 §4.16."""
        response = look(waiting)
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["Cache-Control"] == "no-store"
