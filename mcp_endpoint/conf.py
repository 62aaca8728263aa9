"""Settings of this room, read once and typed. Each has a line in docs/settings.md."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from oauth_bridge.principal import Principal

Authenticator = Callable[[str | None, str], Principal]


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
    max_sessions: int
    event_ttl: float
    """Seconds for which an ended or abandoned stream can be resumed."""
    keep_alive: float
    """Seconds of silence after which an event stream gets a comment line."""
    ask_timeout: float
    """Seconds that a question to the client may wait for its answer."""
    ledger: str
    """`off`, `on`, or `strict`: no call is answered before its row is committed."""
    ledger_days: int
    """Days after which rows of the ledger are deleted; 0 for never."""
    state_keys: tuple[str, ...] = field(repr=False)
    """Secrets that seal request state: the first seals, all open."""

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


@cache
def conf() -> Conf:
    """The settings in force."""
    return Conf(
        public_url=settings.PUBLIC_URL,
        endpoints=settings.MCP_ENDPOINTS,
        authenticator=import_string(settings.MCP_AUTHENTICATOR),
        allowed_hosts=tuple(settings.ALLOWED_HOSTS),
        allowed_origins=tuple(settings.MCP_ALLOWED_ORIGINS),
        state_keys=(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS),
        sessions=settings.MCP_SESSIONS,
        body_limit=settings.MCP_BODY_LIMIT,
        threads=settings.MCP_THREADS,
        session_idle=settings.MCP_SESSION_IDLE,
        max_sessions=settings.MCP_MAX_SESSIONS,
        event_ttl=settings.MCP_EVENT_TTL,
        keep_alive=settings.MCP_KEEP_ALIVE,
        ask_timeout=settings.MCP_ASK_TIMEOUT,
        ledger=settings.MCP_LEDGER,
        ledger_days=settings.MCP_LEDGER_DAYS,
    )


def _forget(**_: object) -> None:
    conf.cache_clear()


setting_changed.connect(_forget, dispatch_uid="mcp_endpoint.conf")
