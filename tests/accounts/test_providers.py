"""Which providers are switched on by their settings."""

from accounts.providers import social_providers


def test_none_without_credentials() -> None:
    assert social_providers() == {}


def test_google_with_pkce_and_verified_addresses() -> None:
    google = social_providers(google=("id", "secret"))["google"]
    assert google["APPS"] == [{"client_id": "id", "secret": "secret"}]
    assert google["OAUTH_PKCE_ENABLED"] is True
    assert google["EMAIL_AUTHENTICATION"] is True


def test_github() -> None:
    github = social_providers(github=("id", "secret"))["github"]
    assert github["APPS"] == [{"client_id": "id", "secret": "secret"}]
    assert "EMAIL_AUTHENTICATION" not in github


def test_any_openid_connect_provider() -> None:
    providers = social_providers(
        oidc=("id", "secret"), oidc_issuer="https://idp.example", oidc_name="Example", oidc_email_login=True
    )
    assert providers["openid_connect"] == {
        "APPS": [
            {
                "client_id": "id",
                "secret": "secret",
                "provider_id": "oidc",
                "name": "Example",
                "settings": {"server_url": "https://idp.example"},
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
        "EMAIL_AUTHENTICATION": True,
    }


def test_openid_connect_needs_its_issuer() -> None:
    assert social_providers(oidc=("id", "secret")) == {}
