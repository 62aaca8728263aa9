"""An answer counts for the question that was shown, to the user who was shown it, and for an hour."""

from typing import Any

import pytest
from django.core import signing
from django.test import Client as Browser

from accounts.models import User
from oauth_bridge import consent
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import revoke_connections
from tests.oauth_bridge.flows import Flow, Form, answer_of, register

AGAIN = b"Nothing was allowed yet"


def send(flow: Flow, form: Form, url: str = "", **changes: Any) -> Any:
    return flow.browser.post(url or flow.authorize_url(), form.answer(**changes))


def is_asked_again(response: Any) -> bool:
    return response.status_code == 409 and AGAIN in response.content


@pytest.fixture
def form(flow: Flow) -> Form:
    return flow.page()


class TestAsksAgain:
    def test_without_a_seal(self, flow: Flow, form: Form) -> None:
        for seal in ("", "x", form.fields["seal"][:-1]):
            assert is_asked_again(send(flow, form, seal=seal))
        assert not Connection.objects.exists()

    def test_after_an_hour(self, flow: Flow, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
        later = signing.time.time() + consent.PATIENCE + 1
        monkeypatch.setattr(signing.time, "time", lambda: later)
        assert is_asked_again(send(flow, form))

    def test_another_user(self, flow: Flow, form: Form, db: None) -> None:
        bob = Browser()
        bob.force_login(User.objects.create_user("bob"))
        response = bob.post(flow.authorize_url(), form.answer())
        assert is_asked_again(response)
        assert b"bob" in response.content

    @pytest.mark.parametrize("change", [{"state": "other"}, {"scope": "mcp notes:read"}, {"code_challenge": "A" * 43}])
    def test_for_another_request(self, flow: Flow, form: Form, change: dict[str, str]) -> None:
        assert is_asked_again(send(flow, form, flow.authorize_url(**change)))

    def test_for_another_client(self, flow: Flow, form: Form) -> None:
        flow.client_id = register(flow.browser, client_name="Another").json()["client_id"]
        assert is_asked_again(send(flow, form))

    @pytest.mark.parametrize(
        "facts", [{"name": "Bank"}, {"logo_uri": "https://bank.example/x.png"}, {"trust": Client.Trust.APPROVED}]
    )
    def test_once_the_client_is_described_in_another_way(self, flow: Flow, form: Form, facts: dict[str, str]) -> None:
        Client.objects.update(**facts)
        assert is_asked_again(send(flow, form))

    @pytest.mark.parametrize("tools", ["with_another_description", "with_a_new_tool", "without_the_tool"])
    def test_once_the_tools_are_others(self, flow: Flow, form: Form, settings: Any, tools: str) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = f"tests.oauth_bridge.protected.{tools}"
        assert is_asked_again(send(flow, form))

    def test_once_the_connection_was_revoked(self, flow: Flow, form: Form) -> None:
        """The page of yesterday, by the back button: it is not what the user decided last."""
        assert "code" in answer_of(send(flow, form))
        revoke_connections(Connection.objects.all())
        assert is_asked_again(send(flow, form))
        assert Connection.objects.get().state == Connection.State.REVOKED

    def test_once_the_connection_is_another(self, flow: Flow) -> None:
        form = flow.page(scope="mcp notes:read")
        flow.tokens(scope="mcp")
        assert is_asked_again(send(flow, form, flow.authorize_url(scope="mcp notes:read")))
        assert Connection.objects.get().scopes == "mcp"

    def test_when_the_connection_ends_at_the_same_moment(self, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between reading the answer and writing it down."""
        flow.tokens()
        form = flow.page()
        read = consent.Offer.read

        def read_then_lose(offer: Any, fields: Any) -> Any:
            choice = read(offer, fields)
            revoke_connections(Connection.objects.all())
            return choice

        monkeypatch.setattr(consent.Offer, "read", read_then_lose)
        assert is_asked_again(send(flow, form))
        assert Connection.objects.get().state == Connection.State.REVOKED

    def test_with_a_page_that_can_be_answered(self, flow: Flow, form: Form) -> None:
        url = flow.authorize_url(state="other")
        again = flow.page(state="other")
        assert "code" in answer_of(flow.browser.post(url, again.answer()))


class TestOnceMore:
    """A double click, or a second try after the way back failed, is the same answer."""

    def test_gives_another_code(self, flow: Flow, form: Form) -> None:
        codes = {answer_of(send(flow, form))["code"] for _ in range(2)}
        assert len(codes) == 2
        assert Connection.objects.count() == 1

    def test_both_codes_work(self, flow: Flow, form: Form) -> None:
        codes = [answer_of(send(flow, form))["code"] for _ in range(2)]
        assert [flow.exchange(code).status_code for code in codes] == [200, 200]

    def test_with_another_answer_is_asked_again(self, flow: Flow) -> None:
        url = flow.authorize_url(scope="mcp notes:read")
        form = flow.page(scope="mcp notes:read")
        flow.browser.post(url, form.answer())
        for other in (form.answer(untick={"mcp"}), form.answer("read"), form.answer(lifetime="24h")):
            assert is_asked_again(flow.browser.post(url, other))

    def test_for_longer_is_asked_again(self, flow: Flow, form: Form) -> None:
        send(flow, form, lifetime="24h")
        ends = Connection.objects.get().expires_at
        assert is_asked_again(send(flow, form, lifetime="30d"))
        assert Connection.objects.get().expires_at == ends

    def test_for_the_same_time_gives_another_code(self, flow: Flow, form: Form) -> None:
        assert all("code" in answer_of(send(flow, form, lifetime="24h")) for _ in range(2))

    def test_to_refuse_is_always_possible(self, flow: Flow, form: Form) -> None:
        assert answer_of(send(flow, form, seal="", allow="", deny="1"))["error"] == "access_denied"


class TestGuards:
    def test_a_form_of_another_site_is_refused(self, flow: Flow, form: Form, alice: User) -> None:
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert strict.post(flow.authorize_url(), form.answer()).status_code == 403
        assert not Connection.objects.exists()

    def test_a_link_answers_nothing(self, flow: Flow, form: Form) -> None:
        assert flow.browser.get(flow.authorize_url(**form.answer())).status_code == 200
        assert not Connection.objects.exists()
