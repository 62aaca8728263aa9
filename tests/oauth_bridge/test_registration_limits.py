"""Who may register, how often, and what an identical registration gets (RFC 7591 §3, §5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from oauth_bridge.models import Client
from oauth_bridge.rates import Rate, parse_rate
from tests.oauth_bridge.flows import Flow, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger() -> Browser:
    return Browser()


def register_another(browser: Browser, name: str, **metadata: Any) -> Any:
    return register(browser, client_name=name, token_endpoint_auth_method="client_secret_post", **metadata)


class TestSecretLifetime:
    """RFC 7591 §3.2.1: client_secret_expires_at."""

    def test_an_expired_secret_gets_no_token(self, confidential: Flow) -> None:
        code = confidential.code()
        Client.objects.update(secret_expires_at=timezone.now())
        response = confidential.exchange(code)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")

    def test_an_expired_secret_revokes_nothing(self, confidential: Flow) -> None:
        tokens = confidential.tokens()
        Client.objects.update(secret_expires_at=timezone.now())
        assert confidential.revoke(tokens["access_token"]).json()["error"] == "invalid_client"

    def test_zero_is_for_ever(self, stranger: Browser, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CLIENT_SECRET_SECONDS = 0
        assert register_another(stranger, "A").json()["client_secret_expires_at"] == 0
        assert Client.objects.get().secret_expires_at is None


class TestIdentical:
    def test_public_clients_share_a_row(self, stranger: Browser) -> None:
        first, second = register(stranger).json(), register(stranger).json()
        assert first["client_id"] == second["client_id"]
        assert Client.objects.count() == 1

    def test_nobody_manages_what_is_shared(self, stranger: Browser) -> None:
        """Whoever came first could otherwise send everybody's codes elsewhere."""
        first, second = register(stranger).json(), register(stranger).json()
        assert "registration_access_token" not in second
        headers = {"Authorization": f"Bearer {first['registration_access_token']}"}
        assert stranger.get(f"/register/{first['client_id']}", headers=headers).status_code == 401

    @pytest.mark.parametrize("change", [{"client_name": "B"}, {"redirect_uris": ["http://localhost/cb"]}])
    def test_another_registration_gets_its_own(self, stranger: Browser, change: dict[str, Any]) -> None:
        assert register(stranger).json()["client_id"] != register(stranger, **change).json()["client_id"]

    def test_clients_with_a_secret_share_nothing(self, stranger: Browser) -> None:
        """Only a digest of the secret is kept, and a new one would lock the first client out."""
        first, second = register_another(stranger, "A").json(), register_another(stranger, "A").json()
        assert first["client_id"] != second["client_id"]
        assert first["client_secret"] != second["client_secret"]

    def test_a_disabled_client_is_not_given_out_again(self, stranger: Browser) -> None:
        first = register(stranger).json()
        Client.objects.update(disabled=True)
        assert register(stranger).json()["client_id"] != first["client_id"]

    def test_a_client_that_an_operator_changed_is_not_shared(self, stranger: Browser) -> None:
        first = register(stranger).json()
        Client.objects.update(redirect_uris="https://elsewhere.example/cb")
        assert register(stranger).json()["client_id"] != first["client_id"]

    def test_it_does_not_count_for_the_rate(self, stranger: Browser, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "1/h/ip"
        assert [register(stranger).status_code for _ in range(3)] == [201, 201, 201]


class TestRates:
    def test_too_many_from_one_address(self, stranger: Browser, settings: Any) -> None:
        """RFC 6585 §4: 429 with Retry-After."""
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "2/h/ip"
        answers = [register_another(stranger, name) for name in "ABC"]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert 3590 < int(answers[2]["Retry-After"]) <= 3600
        assert answers[2]["Cache-Control"] == "no-store"
        assert answers[2].json()["error"] == "temporarily_unavailable"

    def test_another_address_has_a_rate_of_its_own(self, stranger: Browser, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "1/h/ip"
        register_another(stranger, "A")
        assert register_another(Browser(REMOTE_ADDR="192.0.2.7"), "B").status_code == 201

    def test_too_many_from_everywhere(self, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE_ALL = "1/h"
        register_another(Browser(REMOTE_ADDR="192.0.2.7"), "A")
        assert register_another(Browser(REMOTE_ADDR="192.0.2.8"), "B").status_code == 429

    def test_the_period_ends(self, stranger: Browser, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "1/h/ip"
        register_another(stranger, "A")
        Client.objects.update(created=timezone.now() - timedelta(hours=1))
        assert register_another(stranger, "B").status_code == 201

    def test_what_was_removed_still_counts(self, stranger: Browser, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "1/h/ip"
        answer = register_another(stranger, "A").json()
        headers = {"Authorization": f"Bearer {answer['registration_access_token']}"}
        assert stranger.delete(f"/register/{answer['client_id']}", headers=headers).status_code == 204
        assert register_another(stranger, "B").status_code == 429

    def test_without_an_address_all_count_together(self, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "1/h/ip"
        nowhere = Browser(REMOTE_ADDR="")
        assert [register_another(nowhere, name).status_code for name in "AB"] == [201, 429]

    def test_a_rate_that_cannot_be_read_lets_nobody_in(self, stranger: Browser, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_RATE = "often"
        assert register_another(stranger, "A").status_code == 429

    @pytest.mark.parametrize(
        ("text", "rate"),
        [("20/h/ip", Rate(20, 3600)), ("5/10m", Rate(5, 600)), ("1/d", Rate(1, 86400)), ("7/s", Rate(7, 1))],
    )
    def test_rates_are_written_as_for_sign_in(self, text: str, rate: Rate) -> None:
        assert parse_rate(text) == rate

    @pytest.mark.parametrize("text", ["", "20", "20/h/key", "20/w", "-1/h", "20/0h", "x/h"])
    def test_what_is_no_rate(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"rate|period"):
            parse_rate(text)


class TestAddress:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "198.51.100.1", "192.0.2.7"),
            (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
            (2, "203.0.113.9, 198.51.100.1", "203.0.113.9"),
            (2, "198.51.100.1", "192.0.2.7"),
            (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            (1, "::ffff:198.51.100.1", "198.51.100.1"),
            (1, "unknown", None),
        ],
    )
    def test_only_what_the_sites_own_proxies_wrote_is_believed(
        self, settings: Any, proxies: int, forwarded: str, address: str | None
    ) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        register(Browser(REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": forwarded}))
        assert Client.objects.get().registered_from == address


class TestModes:
    TOKEN = "an initial access token"

    @pytest.fixture
    def by_token(self, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION = "token"
        settings.OAUTH_BRIDGE_REGISTRATION_TOKEN = self.TOKEN

    def register_with(self, browser: Browser, authorization: str) -> Any:
        body = {"redirect_uris": ["https://client.example/cb"]}
        headers = {"Authorization": authorization}
        return browser.post("/register", body, content_type="application/json", headers=headers)

    def test_with_the_initial_access_token(self, stranger: Browser, by_token: None) -> None:
        """RFC 7591 §3."""
        assert self.register_with(stranger, f"Bearer {self.TOKEN}").status_code == 201

    @pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer ünicode"])
    def test_without_it(self, stranger: Browser, by_token: None, authorization: str) -> None:
        response = self.register_with(stranger, authorization)
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert not Client.objects.exists()

    def test_a_token_that_is_not_set_opens_nothing(self, stranger: Browser, by_token: None, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION_TOKEN = ""
        assert self.register_with(stranger, "Bearer ").status_code == 401

    @pytest.mark.parametrize("mode", ["off", "nonsense"])
    @pytest.mark.parametrize("path", ["/register", "/register/x"])
    def test_switched_off(self, stranger: Browser, settings: Any, mode: str, path: str) -> None:
        settings.OAUTH_BRIDGE_REGISTRATION = mode
        response = stranger.post(path) if path == "/register" else stranger.get(path)
        assert (response.status_code, response.json()["error"]) == (404, "not_found")

    @pytest.mark.parametrize(("mode", "offered"), [("open", True), ("token", True), ("off", False)])
    def test_the_metadata_says_so(self, stranger: Browser, settings: Any, mode: str, offered: bool) -> None:
        """RFC 8414 §2: registration_endpoint."""
        settings.OAUTH_BRIDGE_REGISTRATION = mode
        document = stranger.get("/.well-known/oauth-authorization-server").json()
        assert ("registration_endpoint" in document) is offered


def test_few_statements(stranger: Browser, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    register_another(stranger, "A")
    for register_it in (register_another, lambda browser, name: register(browser, client_name=name)):
        with django_assert_max_num_queries(5):
            register_it(stranger, "B")
