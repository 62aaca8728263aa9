"""The choices of the consent page, made for a device (RFC 8628 §3.3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from oauth_bridge.bearer import verify
from oauth_bridge.models import Connection, DeviceAuthorization
from oauth_bridge.revocation import pause_connections, revoke_connections
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Form, consent_form
from tests.oauth_bridge.protected import RESOURCE


@pytest.fixture
def waiting(browser: Browser) -> Device:
    return Device.start(browser, register_device(browser), scope="mcp notes:write")


def form(device: Device) -> Form:
    return consent_form(device.browser.post("/device", {"user_code": device.answer["user_code"]}))


def send(device: Device, answer: dict[str, Any]) -> Any:
    return device.browser.post("/device", answer)


def state() -> str:
    return DeviceAuthorization.objects.get().state


class TestChosen:
    def test_scopes_are_those_that_were_ticked(self, waiting: Device) -> None:
        send(waiting, form(waiting).answer(untick={"notes:write"}))
        assert waiting.poll().json()["scope"] == Connection.objects.get().scopes == "mcp"

    def test_reading_only_is_one_click(self, waiting: Device) -> None:
        send(waiting, form(waiting).answer("read"))
        assert verify(waiting.poll().json()["access_token"], RESOURCE).read_only

    def test_a_duration_ends_the_connection(self, waiting: Device) -> None:
        send(waiting, form(waiting).answer(lifetime="24h"))
        connection = Connection.objects.get()
        assert connection.expires_at == connection.consented_at + timedelta(days=1)

    def test_no_scope_is_a_denial(self, waiting: Device) -> None:
        send(waiting, form(waiting).answer(untick={"mcp", "notes:write"}))
        assert waiting.poll().json()["error"] == "access_denied"
        assert not Connection.objects.exists()

    def test_only_what_was_connected_before_is_a_denial_that_narrows(self, waiting: Device) -> None:
        waiting.answered("allow")
        more = Device.start(waiting.browser, waiting.client_id, scope="notes:read")
        send(more, form(more).answer(untick={"notes:read", "notes:write"}))
        assert more.poll().json()["error"] == "access_denied"
        assert Connection.objects.get().scopes == "mcp"


class TestTheConnection:
    def test_is_there_when_the_user_has_answered(self, waiting: Device) -> None:
        waiting.answered("allow")
        connection = Connection.objects.get()
        assert (connection.scopes, connection.redirect_host) == ("mcp notes:write", "")

    @pytest.mark.parametrize("end", [pause_connections, revoke_connections])
    def test_that_ended_meanwhile_gives_no_tokens(self, waiting: Device, end: Any) -> None:
        waiting.answered("allow")
        end(Connection.objects.all())
        assert "access_token" not in waiting.poll().json()

    def test_that_was_revoked_gives_none_after_the_next_consent_either(self, waiting: Device) -> None:
        waiting.answered("allow")
        revoke_connections(Connection.objects.all())
        Device.start(waiting.browser, waiting.client_id).answered("allow")
        assert waiting.poll().json()["error"] == "invalid_grant"

    def test_that_was_narrowed_meanwhile_gives_what_is_left(self, waiting: Device) -> None:
        waiting.answered("allow")
        Connection.objects.update(scopes="mcp")
        assert waiting.poll().json()["scope"] == "mcp"


class TestAsksAgain:
    def test_without_a_seal(self, waiting: Device) -> None:
        assert send(waiting, form(waiting).answer(seal="")).status_code == 409
        assert state() == "pending"

    def test_another_user(self, waiting: Device) -> None:
        answer = form(waiting).answer()
        bob = Browser()
        bob.force_login(User.objects.create_user("bob"))
        assert bob.post("/device", answer).status_code == 409
        assert state() == "pending"

    def test_for_another_device(self, waiting: Device) -> None:
        """The page of one's own device cannot be turned into consent for somebody else's."""
        answer = form(waiting).answer()
        other = Device.start(waiting.browser, waiting.client_id, scope="mcp notes:write")
        response = send(waiting, {**answer, "user_code": other.answer["user_code"]})
        assert response.status_code == 409
        assert other.poll().json()["error"] == "authorization_pending"

    def test_when_the_connection_ends_at_the_same_moment(
        self, waiting: Device, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from oauth_bridge import consent

        waiting.answered("allow")
        again = Device.start(waiting.browser, waiting.client_id)
        answer = form(again).answer()
        read = consent.Offer.read

        def read_then_lose(offer: Any, fields: Any) -> Any:
            choice = read(offer, fields)
            pause_connections(Connection.objects.all())
            return choice

        monkeypatch.setattr(consent.Offer, "read", read_then_lose)
        assert send(again, answer).status_code == 409
        assert again.poll().json()["error"] == "authorization_pending"
