"""What a request tells of the attempt that it belongs to, on its way to the database."""

import time
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from oauth_bridge.addresses import client_address
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.models.attempt import Step

LONGEST_AGENT = 200
LONGEST_URI = 300

Question = Literal["", "client", "redirect_uri", "resource", "authentication", "code"]
"""What of the database has to be asked for the reason: it is not asked while the client waits."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None = None
    user_agent: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Origin":
        return cls(client_address(request), cleaned_agent(request.headers.get("User-Agent", "")))


@dataclass(frozen=True, slots=True)
class Event:
    """One step that was done, or was not. Nothing in it could be used by anybody."""

    step: Step
    origin: Origin
    problem: str = ""
    """Why it was refused, in words; empty when it was done."""
    question: Question = ""
    text: str = ""
    """What the timeline says."""
    client_id: str = ""
    user_id: int | None = None
    user_name: str = ""
    connection_id: int | None = None
    resource: str = ""
    redirect_uri: str = ""
    key: str = ""
    """Equal for all requests of one authorization; see `request_key`."""
    code: str = field(default="", repr=False)
    """Digest of the authorization code that was sent. Compared with those of the database, and not kept."""
    at: float = field(default_factory=time.time)
    """Unix time, in seconds."""

    @property
    def is_anonymous(self) -> bool:
        """Whether anybody could send as many of them as they like."""
        return self.user_id is None and self.connection_id is None


def request_key(client_id: str, challenge: str) -> str:
    """By what the requests of one authorization are known: PKCE makes each other (OAuth 2.1 §4.1.1)."""
    text = f"{client_id}\n{challenge}"
    return salted_hmac("oauth_bridge.attempts", text, algorithm="sha256").hexdigest()


def cleaned_agent(text: str) -> str:
    """A User-Agent header as people are shown it."""
    return clean_text(text, LONGEST_AGENT)


def shown_uri(uri: str) -> str:
    """A URI that a stranger sent: without a user, query or fragment, which may be secret."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return clean_text(uri.partition("?")[0].partition("#")[0], LONGEST_URI)
    host = parts.netloc.rpartition("@")[2]
    bare = parts._replace(netloc=host, query="", fragment="").geturl()
    return clean_text(bare + ("?…" if parts.query else "") + ("#…" if parts.fragment else ""), LONGEST_URI)
