"""Settings of this room, read once and typed. Each has a line in docs/settings.md."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
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
    sessions: bool = True
    """False serves every protocol version without sessions."""
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    body_limit: int = 4 * 1024 * 1024
    """Bytes of the largest request body."""
    threads: int = 16
    """Threads that run synchronous tools."""
    session_idle: float = 24 * 3600
    """Seconds after its last request at which a session is forgotten."""
    max_sessions: int = 50_000
    event_ttl: float = 300
    """Seconds for which an ended or abandoned stream can be resumed."""
    keep_alive: float = 15
    """Seconds of silence after which an event stream gets a comment line."""
    ask_timeout: float = 600
    """Seconds that a question to the client may wait for its answer."""
    state_keys: tuple[str, ...] = field(default=(), repr=False)
    """Secrets that seal request state: the first seals, all open."""

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public URL."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"


@cache
def conf() -> Conf:
    """The settings in force."""
    optional: dict[str, Any] = {
        name: getattr(settings, f"MCP_{name.upper()}")
        for name in (
            "sessions",
            "body_limit",
            "threads",
            "session_idle",
            "max_sessions",
            "event_ttl",
            "keep_alive",
            "ask_timeout",
        )
        if hasattr(settings, f"MCP_{name.upper()}")
    }
    return Conf(
        public_url=settings.PUBLIC_URL,
        endpoints=settings.MCP_ENDPOINTS,
        authenticator=import_string(settings.MCP_AUTHENTICATOR),
        allowed_hosts=tuple(settings.ALLOWED_HOSTS),
        allowed_origins=tuple(settings.MCP_ALLOWED_ORIGINS),
        state_keys=(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS),
        **optional,
    )


def _forget(**_: object) -> None:
    conf.cache_clear()


setting_changed.connect(_forget, dispatch_uid="mcp_endpoint.conf")
