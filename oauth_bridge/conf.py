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
    registration: str
    """Who may register a client: anybody (`open`), who has the initial access token (`token`), nobody (`off`)."""
    registration_token: str
    """The initial access token (RFC 7591 §3)."""
    registration_rate: str
    """Most clients that may register from one address."""
    registration_rate_all: str
    """Most clients that may register from all addresses together."""
    registration_body_limit: int
    """Most bytes of a registration request."""
    client_secret_seconds: int
    """Lifetime of the secrets of clients that registered themselves; 0 is for ever."""
    unused_client_seconds: int
    """A client that made itself known is forgotten when nobody consented to it for so long."""
    ended_client_seconds: int
    """The same, for one whose connections have all ended."""
    spent_code_seconds: int
    """How long a redeemed code is remembered, so that its replay ends what it issued."""
    cimd_allow: tuple[str, ...]
    """Hosts whose metadata documents are let in, and no other; any, when empty."""
    cimd_block: tuple[str, ...]
    """Hosts whose metadata documents are not let in."""
    trusted_domains: tuple[str, ...]
    """Hosts whose clients the operator vouches for."""
    cimd_allow_loopback: bool
    """Client metadata documents on this machine, over plain http too: for tests alone."""
    device_flow: bool
    """Device authorization (RFC 8628) is switched on."""
    device_seconds: int
    """How long the codes of a device authorization are good."""
    device_interval: int
    """How long a device waits between two questions, at the least."""
    device_rate: int
    """Most device authorizations that one address may start within the life of one."""
    user_code_guesses: int
    """Most wrong codes that one user may type in that time (RFC 8628 §5.1)."""
    user_code_guesses_here: int
    """The same, for all users at one address together."""
    client_credentials: bool
    """Clients of the operator's may act by their own credentials alone (RFC 6749 §4.4)."""
    access_token_format: str
    """`opaque`, or `jwt` for what resource servers can read by themselves (RFC 9068)."""
    signing_keys: str
    """Private keys in PEM, one after the other: the first signs, all are published."""
    metadata_max_age: int
    """How long clients may cache the metadata documents."""
    attempt_days: int
    """How many days attempts to connect are kept; 0 is for ever."""


def configuration() -> Configuration:
    """Read the settings; a plain function, so that a test's override is seen at once."""
    allow, block = document_hosts()
    return Configuration(
        issuer=settings.PUBLIC_URL,
        refresh_grace=settings.OAUTH_BRIDGE_REFRESH_GRACE,
        refresh_absolute=settings.OAUTH_BRIDGE_REFRESH_ABSOLUTE,
        redirect_schemes=tuple(scheme.lower() for scheme in settings.OAUTH_BRIDGE_REDIRECT_SCHEMES),
        redirect_uri_limit=20,
        redirect_uri_length=2000,
        registration=settings.OAUTH_BRIDGE_REGISTRATION,
        registration_token=settings.OAUTH_BRIDGE_REGISTRATION_TOKEN,
        registration_rate=settings.OAUTH_BRIDGE_REGISTRATION_RATE,
        registration_rate_all=settings.OAUTH_BRIDGE_REGISTRATION_RATE_ALL,
        registration_body_limit=64 * 1024,
        client_secret_seconds=settings.OAUTH_BRIDGE_CLIENT_SECRET_SECONDS,
        unused_client_seconds=settings.OAUTH_BRIDGE_UNUSED_CLIENT_SECONDS,
        ended_client_seconds=90 * 24 * 3600,
        spent_code_seconds=24 * 3600,
        cimd_allow=allow,
        cimd_block=block,
        trusted_domains=tuple(settings.OAUTH_BRIDGE_TRUSTED_DOMAINS),
        cimd_allow_loopback=settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK,
        device_flow=settings.OAUTH_BRIDGE_DEVICE_FLOW,
        device_seconds=600,
        device_interval=5,
        device_rate=100,
        user_code_guesses=10,
        user_code_guesses_here=50,
        client_credentials=settings.OAUTH_BRIDGE_CLIENT_CREDENTIALS,
        access_token_format=settings.OAUTH_BRIDGE_ACCESS_TOKEN_FORMAT,
        signing_keys=settings.OAUTH_BRIDGE_SIGNING_KEYS,
        metadata_max_age=300,
        attempt_days=settings.OAUTH_BRIDGE_ATTEMPT_DAYS,
    )


def document_hosts() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`cimd_allow` and `cimd_block` alone, for the way of every call: all settings cost it eight microseconds."""
    return tuple(settings.OAUTH_BRIDGE_CIMD_ALLOW), tuple(settings.OAUTH_BRIDGE_CIMD_BLOCK)


def tool_review() -> str:
    """What is held back when tools change: one of `catalogue.REVIEWS`. By itself, for the way of every call."""
    return str(settings.OAUTH_BRIDGE_TOOL_REVIEW)


def keeps_attempts() -> bool:
    """Whether attempts to connect are written down. By itself, for the way of every call."""
    return bool(settings.OAUTH_BRIDGE_ATTEMPTS)
