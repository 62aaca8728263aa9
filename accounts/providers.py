"""Sign-in with Google, GitHub or any OpenID Connect provider: what the site's settings tell allauth."""

from typing import Any

Credentials = tuple[str, str]
"""Client ID and client secret that the provider gave this site; empty when it is switched off."""


def social_providers(
    *,
    google: Credentials = ("", ""),
    github: Credentials = ("", ""),
    oidc: Credentials = ("", ""),
    oidc_issuer: str = "",
    oidc_name: str = "OpenID Connect",
    oidc_email_login: bool = False,
) -> dict[str, dict[str, Any]]:
    """Value of SOCIALACCOUNT_PROVIDERS: the providers that have credentials."""
    providers: dict[str, dict[str, Any]] = {}
    if google[0]:
        # Google says which addresses it verified; a user who has that address is the same person.
        providers["google"] = _provider(google, SCOPE=["openid", "email", "profile"], EMAIL_AUTHENTICATION=True)
    if github[0]:
        providers["github"] = _provider(github, SCOPE=["read:user", "user:email"])
    if oidc[0] and oidc_issuer:
        app = {"provider_id": "oidc", "name": oidc_name, "settings": {"server_url": oidc_issuer}}
        providers["openid_connect"] = _provider(oidc, app, EMAIL_AUTHENTICATION=oidc_email_login)
    return providers


def _provider(credentials: Credentials, app: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    client_id, secret = credentials
    return {
        "APPS": [{"client_id": client_id, "secret": secret, **(app or {})}],
        "OAUTH_PKCE_ENABLED": True,
        **options,
    }
