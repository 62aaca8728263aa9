"""Settings of this room, read in one place: types, defaults and what each is for."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Configuration:
    """The values in force now; lifetimes are in seconds."""

    issuer: str
    """PUBLIC_URL: issuer of every document and response, byte for byte (RFC 8414 §2)."""
    refresh_grace: int
    """How long a refresh token that was rotated still gets a sibling instead of ending its family."""
    refresh_absolute: int
    """How long after consent its refresh tokens work at the longest; 0 for no such end."""
    redirect_schemes: tuple[str, ...]
    """Private-use URI schemes that a redirect URI may have."""
    redirect_uri_limit: int
    """Most redirect URIs that one client may register."""
    redirect_uri_length: int
    """Most characters of one redirect URI."""
    registration_body_limit: int
    """Most bytes of a registration request."""
    cimd_allow_loopback: bool
    """Client metadata documents on this machine, over plain http too: for tests alone."""
    metadata_max_age: int
    """How long clients may cache the metadata documents."""


def configuration() -> Configuration:
    """Read the settings; a plain function, so that a test's override is seen at once."""
    return Configuration(
        issuer=settings.PUBLIC_URL,
        refresh_grace=settings.OAUTH_BRIDGE_REFRESH_GRACE,
        refresh_absolute=settings.OAUTH_BRIDGE_REFRESH_ABSOLUTE,
        redirect_schemes=tuple(scheme.lower() for scheme in settings.OAUTH_BRIDGE_REDIRECT_SCHEMES),
        redirect_uri_limit=20,
        redirect_uri_length=2000,
        registration_body_limit=64 * 1024,
        cimd_allow_loopback=settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK,
        metadata_max_age=300,
    )
