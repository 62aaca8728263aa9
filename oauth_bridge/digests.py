"""Credentials on the wire and what is stored of them: only SHA-256 digests are kept."""

import hashlib
import secrets

from oauthlib.common import Request


def digest(credential: str) -> str:
    """Hex SHA-256 of a token or code; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).hexdigest()


def new_access_token(request: Request | None = None) -> str:
    """An opaque access token; the prefix lets secret scanners find one that leaked."""
    return "mcp_at_" + secrets.token_urlsafe(32)


def new_refresh_token(request: Request | None = None) -> str:
    """An opaque refresh token."""
    return "mcp_rt_" + secrets.token_urlsafe(32)


def new_registration_token() -> str:
    """A token that manages one registration (RFC 7592 §3)."""
    return "mcp_rg_" + secrets.token_urlsafe(32)
