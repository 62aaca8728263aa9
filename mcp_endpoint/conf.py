"""Settings of this room, read once and typed. Each has a line in docs/settings.md."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from mcp_endpoint.state_keys import state_keys
from oauth_bridge.principal import Principal

Authenticator = Callable[[str | None, str], Principal]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be in flight at a time. Sessions are counted over all processes, the rest in each."""

    sessions: int
    sessions_per_user: int
    streams: int
    """Event streams that stay open: of sessions, HTTP+SSE, and `subscriptions/listen`."""
    streams_per_user: int
    calls: int
    """Requests that are being answered."""
    calls_per_user: int
    stream_buffer: int
    """Bytes that may wait for a client that does not read."""
    send_timeout: float
    """Seconds that a client may take nothing of what is sent to it."""


@dataclass(frozen=True, slots=True)
class Conf:
    """Values of the `MCP_*` settings."""

    public_url: str
    endpoints: dict[str, dict[str, str]]
    authenticator: Authenticator
    """`(token, resource) -> Principal`; raises `oauth_bridge.bearer.BearerError`."""
    sessions: bool
    """False serves every protocol version without sessions."""
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    body_limit: int
    """Bytes of the largest request body."""
    threads: int
    """Threads that run synchronous tools."""
    session_idle: float
    """Seconds after its last request at which a session is forgotten."""
    limits: Limits
    stop_grace: float
    """Seconds that running calls may take to end when the server stops."""
    event_ttl: float
    """Seconds for which an ended or abandoned stream can be resumed."""
    keep_alive: float
    """Seconds of silence after which an event stream gets a comment line."""
    ask_timeout: float
    """Seconds that a question to the client may wait for its answer."""
    redis_url: str
    """Where sessions, their streams and change notices are shared by several processes; empty for one alone."""
    near_seconds: float
    """Longest time that a checked token and a session's record are kept in a process's memory; 0 keeps none."""
    ledger: str
    """`off`, `on`, or `strict`: no call is answered before its row is committed."""
    ledger_days: int
    """Days after which rows of the ledger are deleted; 0 for never."""
    state_keys: tuple[bytes, ...] = field(repr=False)
    """Keys that seal request state: the first seals, all open."""

    @property
    def ledger_is_kept(self) -> bool:
        return self.ledger != "off"

    @property
    def ledger_is_strict(self) -> bool:
        return self.ledger == "strict"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public URL."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def redis_prefix(self) -> str:
        """Begins every key of this room, so that sites on one Redis keep apart."""
        return f"mcp:{urlsplit(self.public_url).netloc}"


@cache
def conf() -> Conf:
    """The settings in force."""
    return Conf(
        public_url=settings.PUBLIC_URL,
        endpoints=settings.MCP_ENDPOINTS,
        authenticator=import_string(settings.MCP_AUTHENTICATOR),
        allowed_hosts=tuple(settings.ALLOWED_HOSTS),
        allowed_origins=tuple(settings.MCP_ALLOWED_ORIGINS),
        state_keys=state_keys((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)),
        sessions=settings.MCP_SESSIONS,
        body_limit=settings.MCP_BODY_LIMIT,
        threads=settings.MCP_THREADS,
        session_idle=settings.MCP_SESSION_IDLE,
        limits=Limits(
            sessions=settings.MCP_MAX_SESSIONS,
            sessions_per_user=settings.MCP_MAX_SESSIONS_PER_USER,
            streams=settings.MCP_MAX_STREAMS,
            streams_per_user=settings.MCP_MAX_STREAMS_PER_USER,
            calls=settings.MCP_MAX_CALLS,
            calls_per_user=settings.MCP_MAX_CALLS_PER_USER,
            stream_buffer=settings.MCP_STREAM_BUFFER,
            send_timeout=settings.MCP_SEND_TIMEOUT,
        ),
        stop_grace=settings.MCP_STOP_GRACE,
        event_ttl=settings.MCP_EVENT_TTL,
        keep_alive=settings.MCP_KEEP_ALIVE,
        ask_timeout=settings.MCP_ASK_TIMEOUT,
        redis_url=settings.REDIS_URL,
        near_seconds=settings.MCP_NEAR_CACHE_SECONDS,
        ledger=settings.MCP_LEDGER,
        ledger_days=settings.MCP_LEDGER_DAYS,
    )


def _forget(**_: object) -> None:
    conf.cache_clear()


setting_changed.connect(_forget, dispatch_uid="mcp_endpoint.conf")
