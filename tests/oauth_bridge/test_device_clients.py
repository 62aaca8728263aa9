"""Clients of the device grant alone: registered, changed, and through to a token, without any redirect URI."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from oauth_bridge.bearer import verify
from oauth_bridge.models import Client
from tests.oauth_bridge.devices import GRANT, Device
from tests.oauth_bridge.flows import REDIRECT_URI, VERIFIER, Flow, answer_of, error, post_form
from tests.oauth_bridge.protected import RESOURCE

pytestmark = pytest.mark.django_db

TELEVISION = {
    "client_name": "Television",
    "token_endpoint_auth_method": "none",
    "grant_types": [GRANT, "refresh_token"],
}


def register(**changes: Any) -> Any:
    """The answer to a registration that says nothing of redirects; None leaves a member out."""
    document = {name: value for name, value in {**TELEVISION, **changes}.items() if value is not None}
    return Browser().post("/register", json.dumps(document), content_type="application/json")


def change(registered: dict[str, Any], **document: Any) -> Any:
    """The answer to an update (RFC 7592 §2.2)."""
    return Browser().put(
        f"/register/{registered['client_id']}",
        json.dumps({"client_id": registered["client_id"], **document}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {registered['registration_access_token']}"},
    )


class TestRegistration:
    def test_needs_no_redirect_uri(self) -> None:
        """RFC 7591 §2: they are for redirect-based flows."""
        answer = register()
        assert answer.status_code == 201
        granted = {name: answer.json()[name] for name in ("grant_types", "response_types", "redirect_uris")}
        assert granted == {"grant_types": ["refresh_token", GRANT], "response_types": [], "redirect_uris": []}

    def test_without_the_refresh_grant(self) -> None:
        assert register(grant_types=[GRANT]).json()["grant_types"] == [GRANT]

    def test_with_a_secret(self) -> None:
        answer = register(token_endpoint_auth_method="client_secret_post").json()
        form = {"client_id": answer["client_id"]}
        assert post_form(Browser(), "/device_authorization", form).status_code == 401
        form["client_secret"] = answer["client_secret"]
        assert post_form(Browser(), "/device_authorization", form).status_code == 200

    def test_checks_redirect_uris_that_are_given_all_the_same(self) -> None:
        assert error(register(redirect_uris=["http://evil.example/cb"])) == "invalid_redirect_uri"

    def test_of_the_same_twice_is_one_client(self) -> None:
        assert register().json()["client_id"] == register().json()["client_id"]

    @pytest.mark.parametrize("grants", [["authorization_code", GRANT], None])
    def test_with_the_code_grant_needs_redirect_uris(self, grants: list[str] | None) -> None:
        assert error(register(grant_types=grants)) == "invalid_redirect_uri"

    @pytest.mark.parametrize("grants", [["refresh_token"], [], ["client_credentials"]])
    def test_needs_a_grant_to_begin_with(self, grants: list[str]) -> None:
        answer = register(grant_types=grants, redirect_uris=[REDIRECT_URI])
        assert error(answer) == "invalid_client_metadata"
        assert GRANT in answer.json()["error_description"]

    def test_is_refused_while_the_flow_is_switched_off(self, settings: Any) -> None:
        settings.OAUTH_BRIDGE_DEVICE_FLOW = False
        answer = register()
        assert error(answer) == "invalid_client_metadata"
        assert GRANT not in answer.json()["error_description"]


class TestUpdate:
    def test_to_the_code_grant_needs_redirect_uris(self, browser: Browser) -> None:
        """RFC 7592 §2.2."""
        registered = register(client_name="Before").json()
        grants = {"grant_types": ["authorization_code"], "token_endpoint_auth_method": "none"}
        assert error(change(registered, **grants)) == "invalid_redirect_uri"
        assert change(registered, **grants, redirect_uris=[REDIRECT_URI]).status_code == 200
        assert Flow(browser, registered["client_id"]).tokens()

    def test_from_the_code_grant_ends_it(self, browser: Browser) -> None:
        """A code that was given before is good for nothing any more."""
        registered = register(grant_types=["authorization_code"], redirect_uris=[REDIRECT_URI]).json()
        flow = Flow(browser, registered["client_id"])
        code = flow.code()
        answer = change(registered, grant_types=[GRANT], token_endpoint_auth_method="none")
        assert (answer.status_code, answer.json()["redirect_uris"]) == (200, [])
        assert error(flow.exchange(code)) == "unauthorized_client"
        assert Device.start(browser, registered["client_id"])


class TestFlow:
    def test_leads_to_tokens_that_refresh(self, browser: Browser, alice: User) -> None:
        client_id = register().json()["client_id"]
        device = Device.start(browser, client_id)
        device.answered("allow")
        tokens = device.poll().json()
        principal = verify(tokens["access_token"], RESOURCE)
        assert (principal.user, principal.client_name) == (alice, "Television")
        refreshed = Flow(browser, client_id).refresh(tokens["refresh_token"])
        assert verify(refreshed.json()["access_token"], RESOURCE)

    @pytest.mark.parametrize("redirect_uri", [None, REDIRECT_URI])
    def test_never_leads_through_a_redirect(self, browser: Browser, redirect_uri: str | None) -> None:
        """RFC 6749 §4.1.2.1: told on a page, because there is nowhere safe to send the browser."""
        flow = Flow(browser, register().json()["client_id"])
        assert browser.get(flow.authorize_url(redirect_uri=redirect_uri)).status_code == 400

    def test_never_leads_to_a_code_even_with_a_redirect_uri(self, browser: Browser) -> None:
        flow = Flow(browser, register(redirect_uris=[REDIRECT_URI]).json()["client_id"])
        answer = answer_of(browser.get(flow.authorize_url()))
        assert answer["error"] == "unauthorized_client"
        assert set(answer) == {"error", "error_description", "state", "iss"}
        form = {"grant_type": "authorization_code", "code": "x", "code_verifier": VERIFIER, "client_id": flow.client_id}
        assert error(post_form(browser, "/token", form)) == "unauthorized_client"

    def test_an_operator_can_save_such_a_client(self) -> None:
        register()
        Client.objects.get().full_clean()
