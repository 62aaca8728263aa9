"""Which providers are switched on by their variables, and which variables stop the start."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.providers import (
    MicrosoftRegistration,
    OpenIDRegistration,
    Registration,
    named_providers,
    social_providers,
)
from mcpsite.environment import Environment

CLIENT = Registration("id", "secret")


def openid(**more: Any) -> OpenIDRegistration:
    return OpenIDRegistration("id", "secret", **{"issuer": "https://idp.example", **more})


@pytest.fixture
def okta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_OKTA_ISSUER", "https://example.okta.com")
    monkeypatch.setenv("OIDC_OKTA_CLIENT_ID", "okta-id")
    monkeypatch.setenv("OIDC_OKTA_CLIENT_SECRET", "okta-secret")


def test_none_without_credentials() -> None:
    assert social_providers() == {}


def test_all_at_once() -> None:
    everything = social_providers(
        google=CLIENT,
        github=CLIENT,
        microsoft=MicrosoftRegistration("id", "secret"),
        oidc=[openid(), openid(provider_id="okta")],
    )
    assert set(everything) == {"google", "github", "microsoft", "openid_connect"}
    assert [app["provider_id"] for app in everything["openid_connect"]["APPS"]] == ["oidc", "okta"]


def test_every_provider_uses_pkce() -> None:
    everything = social_providers(
        google=CLIENT, github=CLIENT, microsoft=MicrosoftRegistration("id", "secret"), oidc=[openid()]
    )
    assert all(provider["OAUTH_PKCE_ENABLED"] is True for provider in everything.values())


def test_googles_word_on_an_address_is_trusted() -> None:
    assert social_providers(google=CLIENT)["google"]["EMAIL_AUTHENTICATION"] is True


@pytest.mark.parametrize("trusted", [False, True])
def test_githubs_where_the_operator_says_so(trusted: bool) -> None:
    github = social_providers(github=CLIENT, github_email_login=trusted)["github"]
    assert github["EMAIL_AUTHENTICATION"] is trusted


def test_microsofts_for_domains_of_the_own_organization() -> None:
    registration = MicrosoftRegistration("id", "secret", tenant="example.com", verified_domains=("Example.com",))
    [app] = social_providers(microsoft=registration)["microsoft"]["APPS"]
    assert app["settings"] == {
        "tenant": "example.com",
        "email_authentication": True,
        "verified_domains": ["example.com"],
    }


@pytest.mark.parametrize("tenant", ["common", "organizations", "Consumers"])
def test_microsofts_for_nobody_where_any_organization_may_come(tenant: str) -> None:
    registration = MicrosoftRegistration("id", "secret", tenant=tenant, verified_domains=("example.com",))
    with pytest.raises(ImproperlyConfigured, match="MICROSOFT_TENANT"):
        social_providers(microsoft=registration)


@pytest.mark.parametrize("tenant", ["", "a/b", "a?b"])
def test_a_tenant_that_is_none_stops_the_start(tenant: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MICROSOFT_TENANT"):
        social_providers(microsoft=MicrosoftRegistration("id", "secret", tenant=tenant))


@pytest.mark.parametrize("half", [Registration("id", ""), Registration("", "secret"), Registration("id", "  ")])
@pytest.mark.parametrize("name", ["google", "github"])
def test_half_of_the_credentials_stop_the_start(name: str, half: Registration) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name.upper()}_CLIENT_ID"):
        social_providers(**{name: half})


def test_the_sentence_names_what_is_missing_and_no_secret() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        social_providers(github=Registration("", "a-secret-value"))
    assert "GITHUB_CLIENT_SECRET is set and GITHUB_CLIENT_ID is not" in str(caught.value)
    assert "a-secret-value" not in str(caught.value)


@pytest.mark.parametrize("missing", ["client_id", "secret", "issuer"])
def test_an_openid_provider_needs_all_three(missing: str) -> None:
    values = {"client_id": "id", "secret": "secret", "issuer": "https://idp.example", missing: ""}
    with pytest.raises(ImproperlyConfigured, match="OIDC_"):
        social_providers(oidc=[OpenIDRegistration(**values)])


@pytest.mark.parametrize(
    "issuer",
    [
        "https://idp.example",
        "https://idp.example/",
        "https://idp.example/.well-known/openid-configuration",
        " https://idp.example ",
    ],
)
def test_the_issuer_may_be_written_as_people_write_it(issuer: str) -> None:
    [app] = social_providers(oidc=[openid(issuer=issuer)])["openid_connect"]["APPS"]
    assert app["settings"]["server_url"] == "https://idp.example"


def test_a_keycloak_realm_keeps_its_path() -> None:
    [app] = social_providers(oidc=[openid(issuer="https://id.example/realms/staff")])["openid_connect"]["APPS"]
    assert app["settings"]["server_url"] == "https://id.example/realms/staff"


@pytest.mark.parametrize(
    "issuer",
    [
        "http://idp.example",
        "idp.example",
        "https://",
        "https://[bad",
        "https://idp.example?x=1",
        "https://user@idp.example",
        "https://login.microsoftonline.com/common/v2.0",
    ],
)
def test_what_is_no_issuer_stops_the_start(issuer: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="OIDC_ISSUER"):
        social_providers(oidc=[openid(issuer=issuer)])


def test_plain_http_is_for_this_machine() -> None:
    assert social_providers(oidc=[openid(issuer="http://127.0.0.1:9000")])


class TestSeveralOpenIDProviders:
    def test_each_has_variables_with_its_name(self, okta: None) -> None:
        [registration] = named_providers(Environment(), ["okta"])
        assert (registration.issuer, registration.client_id, registration.provider_id) == (
            "https://example.okta.com",
            "okta-id",
            "okta",
        )

    def test_a_name_is_made_of_the_providers_own(self, okta: None) -> None:
        assert named_providers(Environment(), ["okta"])[0].name == "Okta"

    def test_or_given(self, okta: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OIDC_OKTA_NAME", "Example Ltd.")
        assert named_providers(Environment(), ["okta"])[0].name == "Example Ltd."

    def test_what_it_is_trusted_with(self, okta: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OIDC_OKTA_EMAIL_LOGIN", "true")
        monkeypatch.setenv("OIDC_OKTA_VERIFIED_DOMAINS", "example.com,example.org")
        [app] = social_providers(oidc=named_providers(Environment(), ["okta"]))["openid_connect"]["APPS"]
        assert app["settings"]["email_authentication"] is True
        assert app["settings"]["verified_domains"] == ["example.com", "example.org"]

    def test_a_hyphen_becomes_an_underscore(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {"ISSUER": "https://idp.example", "CLIENT_ID": "id", "CLIENT_SECRET": "secret"}.items():
            monkeypatch.setenv(f"OIDC_MY_COMPANY_{name}", value)
        [registration] = named_providers(Environment(), ["my-company"])
        assert (registration.provider_id, registration.name) == ("my-company", "My Company")

    def test_one_without_its_variables_stops_the_start(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="OIDC_KEYCLOAK_ISSUER"):
            named_providers(Environment(), ["keycloak"])

    def test_one_with_some_of_them_too(self, okta: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OIDC_OKTA_CLIENT_SECRET")
        with pytest.raises(ImproperlyConfigured, match="OIDC_OKTA_CLIENT_SECRET is not"):
            named_providers(Environment(), ["okta"])

    @pytest.mark.parametrize("name", ["github", "google", "microsoft", "oidc", "Okta", "a b", "", "1st", "../x"])
    def test_a_name_that_means_something_else_stops_the_start(self, name: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="OIDC_PROVIDERS"):
            named_providers(Environment(), [name])

    def test_a_name_twice_stops_the_start(self, okta: None) -> None:
        with pytest.raises(ImproperlyConfigured, match="twice"):
            named_providers(Environment(), ["okta", "okta"])
