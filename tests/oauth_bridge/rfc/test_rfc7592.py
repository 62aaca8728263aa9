"""Management of a registration by its client (RFC 7592)."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import Client, Connection
from oauth_bridge.registered_clients import find_managed, replace
from oauth_bridge.registration import grant_registration
from tests.oauth_bridge.flows import REDIRECT_URI, Flow, register
from tests.oauth_bridge.protected import RESOURCE

ELSEWHERE = "https://client.example/elsewhere"


@pytest.fixture
def registered(browser: Browser) -> dict[str, Any]:
    """The answer that a client with a secret got."""
    answer: dict[str, Any] = register(browser, token_endpoint_auth_method="client_secret_post").json()
    return answer


def ask(method: str, registered: dict[str, Any], token: str | None = None, **changes: Any) -> Any:
    """A request to the client's configuration endpoint."""
    document = {"client_id": registered["client_id"], "redirect_uris": [ELSEWHERE], **changes}
    return Browser().generic(
        method,
        registered["registration_client_uri"].removeprefix("http://localhost:8000"),
        json.dumps(document),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token or registered['registration_access_token']}"},
    )


class TestRead:
    def test_shows_the_registration_without_the_secret(self, registered: dict[str, Any]) -> None:
        """RFC 7592 §2.1."""
        answer = ask("GET", registered)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        shown = {name: value for name, value in registered.items() if not name.startswith("client_secret")}
        assert answer.json() == shown

    def test_the_token_is_kept_as_a_digest(self, registered: dict[str, Any]) -> None:
        stored = Client.objects.get().registration_token
        assert len(stored) == 64
        assert ask("GET", registered, token=stored).status_code == 401

    def test_not_with_the_token_of_another_client(self, browser: Browser, registered: dict[str, Any]) -> None:
        other = register(browser).json()
        assert ask("GET", registered, token=other["registration_access_token"]).status_code == 401

    def test_not_with_an_access_token(self, browser: Browser, registered: dict[str, Any]) -> None:
        tokens = Flow(browser, registered["client_id"], registered["client_secret"]).tokens()
        assert ask("GET", registered, token=tokens["access_token"]).status_code == 401

    def test_the_token_opens_nothing_else(self, registered: dict[str, Any]) -> None:
        with pytest.raises(BearerError):
            verify(registered["registration_access_token"], RESOURCE)

    def test_a_client_that_there_is_not_is_answered_the_same(self, registered: dict[str, Any]) -> None:
        """RFC 7592 §2.1: 401."""
        unknown = registered | {"registration_client_uri": "http://localhost:8000/register/unknown"}
        response = ask("GET", unknown)
        assert response.status_code == 401
        assert response.json() == ask("GET", registered, token="wrong").json()
        assert response["WWW-Authenticate"].startswith("Bearer")

    def test_a_disabled_client(self, registered: dict[str, Any]) -> None:
        Client.objects.update(disabled=True)
        assert ask("GET", registered).status_code == 401

    def test_with_a_trailing_slash(self, registered: dict[str, Any]) -> None:
        slashed = registered | {"registration_client_uri": registered["registration_client_uri"] + "/"}
        assert ask("GET", slashed).status_code == 200

    def test_a_page_may_ask_from_anywhere(self, registered: dict[str, Any]) -> None:
        path = registered["registration_client_uri"].removeprefix("http://localhost:8000")
        headers = {"Origin": "http://localhost:6274", "Access-Control-Request-Method": "DELETE"}
        assert Browser().options(path, headers=headers)["Access-Control-Allow-Origin"] == "*"


class TestReplace:
    def test_gives_what_was_asked(self, registered: dict[str, Any]) -> None:
        """RFC 7592 §2.2: a replacement, so what is left out is gone."""
        answer = ask("PUT", registered, client_name="Renamed").json()
        assert answer["redirect_uris"] == [ELSEWHERE]
        assert answer["client_name"] == "Renamed"
        assert answer["token_endpoint_auth_method"] == "client_secret_basic"
        assert Client.objects.get().redirect_uris == ELSEWHERE

    def test_gives_another_token(self, registered: dict[str, Any]) -> None:
        answer = ask("PUT", registered).json()
        assert ask("GET", registered).status_code == 401
        assert ask("GET", answer).status_code == 200

    def test_gives_another_secret(self, browser: Browser, registered: dict[str, Any]) -> None:
        answer = ask("PUT", registered).json()
        assert answer["client_secret"] != registered["client_secret"]
        for secret, status in ((registered["client_secret"], 401), (answer["client_secret"], 200)):
            flow = Flow(browser, registered["client_id"], secret, redirect_uri=ELSEWHERE)
            assert flow.exchange(flow.code()).status_code == status

    @pytest.mark.parametrize("client_id", ["another", None, 7])
    def test_for_another_client_is_refused(self, registered: dict[str, Any], client_id: Any) -> None:
        """RFC 7592 §2.2: client_id must be the one that was issued."""
        response = ask("PUT", registered, client_id=client_id)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
        assert Client.objects.get().redirect_uris == REDIRECT_URI

    def test_with_the_secret_that_it_has(self, registered: dict[str, Any]) -> None:
        assert ask("PUT", registered, client_secret=registered["client_secret"]).status_code == 200

    def test_with_a_secret_of_its_own_choice_is_refused(self, registered: dict[str, Any]) -> None:
        """RFC 7592 §2.2."""
        assert ask("PUT", registered, client_secret="mine").json()["error"] == "invalid_client_metadata"

    def test_what_no_registration_may_have_is_refused(self, registered: dict[str, Any]) -> None:
        response = ask("PUT", registered, redirect_uris=["http://evil.example/cb"])
        assert response.json()["error"] == "invalid_redirect_uri"

    def test_two_at_once_are_one(self, registered: dict[str, Any]) -> None:
        client = find_managed(registered["client_id"], registered["registration_access_token"])
        assert client is not None
        assert ask("PUT", registered).status_code == 200
        again = grant_registration({"redirect_uris": [REDIRECT_URI]})
        assert replace(client, again, None) is None
        assert Client.objects.get().redirect_uris == ELSEWHERE

    def test_ends_what_the_operator_vouched_for(self, registered: dict[str, Any]) -> None:
        Client.objects.update(trust=Client.Trust.APPROVED)
        ask("PUT", registered)
        assert Client.objects.get().trust == Client.Trust.UNKNOWN

    def test_tokens_stay_good(self, browser: Browser, registered: dict[str, Any]) -> None:
        """Consent was to the client, and the next consent shows what it has become."""
        flow = Flow(browser, registered["client_id"], registered["client_secret"])
        tokens = flow.tokens()
        flow.client_secret = ask("PUT", registered).json()["client_secret"]
        assert verify(tokens["access_token"], RESOURCE).client_id == flow.client_id
        assert flow.refresh(tokens["refresh_token"]).status_code == 200


class TestRemove:
    def test_ends_everything(self, browser: Browser, registered: dict[str, Any]) -> None:
        """RFC 7592 §2.3."""
        flow = Flow(browser, registered["client_id"], registered["client_secret"])
        tokens = flow.tokens()
        response = ask("DELETE", registered)
        assert (response.status_code, response.content) == (204, b"")
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)
        assert flow.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"
        assert Connection.objects.get().state == Connection.State.REVOKED

    def test_ends_the_token_too(self, registered: dict[str, Any]) -> None:
        ask("DELETE", registered)
        assert ask("GET", registered).status_code == 401

    def test_tells_the_rooms_above(
        self, browser: Browser, registered: dict[str, Any], ended: Any, committed: Any
    ) -> None:
        Flow(browser, registered["client_id"], registered["client_secret"]).tokens()
        with committed():
            ask("DELETE", registered)
        assert frozenset({Connection.objects.get().pk}) in ended


def test_another_method(registered: dict[str, Any]) -> None:
    response = ask("POST", registered)
    assert (response.status_code, response["Allow"]) == (405, "GET, PUT, DELETE, OPTIONS")
