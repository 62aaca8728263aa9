"""What django-oauth-toolkit is told: its settings, made from this site's few. The site's settings call it."""

from collections.abc import Sequence
from typing import Any

# Schemes of redirect URIs that belong to an installed application rather than a web server (RFC 8252 §7.1).
PRIVATE_USE_SCHEMES = (
    "cursor",
    "vscode",
    "vscode-insiders",
    "windsurf",
    "claude",
    "com.raycast",
    "raycast",
    "zed",
    "warp",
    "goose",
    "jetbrains",
)


def provider_settings(
    public_url: str,
    *,
    code_seconds: int,
    access_seconds: int,
    refresh_seconds: int,
    private_schemes: Sequence[str],
) -> dict[str, Any]:
    """Value of OAUTH2_PROVIDER; lifetimes are in seconds."""
    return {
        "OAUTH2_SERVER_CLASS": "oauth_bridge.server.BridgeServer",
        "OAUTH2_VALIDATOR_CLASS": "oauth_bridge.validator.BridgeValidator",
        "SCOPES_BACKEND_CLASS": "oauth_bridge.scopes.ResourceScopes",
        "ACCESS_TOKEN_GENERATOR": "oauth_bridge.digests.new_access_token",
        "REFRESH_TOKEN_GENERATOR": "oauth_bridge.digests.new_refresh_token",
        # A secret has 128 random characters: one round is as good as a million, and a slow hash would hold
        # SQLite's write lock during every registration.
        "CLIENT_SECRET_HASHER": "client_secret_sha256",
        "OIDC_ISS_ENDPOINT": public_url,
        "AUTHORIZATION_CODE_EXPIRE_SECONDS": code_seconds,
        "ACCESS_TOKEN_EXPIRE_SECONDS": access_seconds,
        "REFRESH_TOKEN_EXPIRE_SECONDS": refresh_seconds,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "ROTATE_REFRESH_TOKEN": True,
        "PKCE_REQUIRED": True,
        "ALLOW_LOCALHOST_LOOPBACK": True,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https", *private_schemes],
        "CIMD_ENABLED": True,
        "CIMD_METADATA_FETCHER": "oauth_bridge.cimd.NormalisingFetcher",
        "CIMD_REGISTRATION_PERMISSION_CLASSES": ["oauth_bridge.cimd.SignedInPermission"],
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
        "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
        "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
        "APPLICATION_ADMIN_CLASS": "oauth_bridge.admin.ClientAdmin",
        "ACCESS_TOKEN_ADMIN_CLASS": "oauth_bridge.admin.AccessTokenAdmin",
        "REFRESH_TOKEN_ADMIN_CLASS": "oauth_bridge.admin.RefreshTokenAdmin",
        "GRANT_ADMIN_CLASS": "oauth_bridge.admin.GrantAdmin",
    }
