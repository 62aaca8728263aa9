"""References to a request that an account be linked: what a link carries that a tool hands to its user.

Sealed, so that it names nobody to whoever sees the link, and good for one user alone: somebody who is tricked into
opening another person's link is refused (MCP 2025-11-25 client/elicitation, phishing).
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.upstream.conf import conf
from accounts.upstream.vault import UnreadableError, seal_text, unseal_text

GOOD_FOR = 3600
"""Seconds."""
PURPOSE = "reference"


class BadReferenceError(Exception):
    """A reference that was not made here, or long ago; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Who is to link an account of which provider, and the elicitation that asked for it."""

    user_id: str
    provider: str
    elicitation: str


def make_url(user_id: Any, provider: str, elicitation: str) -> str:
    """The page where this user, and nobody else, can link the account."""
    sealed = seal_text(PURPOSE, json.dumps([str(user_id), provider, elicitation]))
    return conf().public_url + reverse("upstream:requested", args=[sealed])


def read(text: str) -> Reference:
    """What a reference says. Raises BadReferenceError."""
    try:
        plain, sealed_at = unseal_text(PURPOSE, text)
    except UnreadableError:
        raise BadReferenceError(
            "This link is not complete. Copy all of it, or use your tool again for a new one."
        ) from None
    if time.time() - sealed_at > GOOD_FOR:
        raise BadReferenceError("This link is more than an hour old. Use your tool again for a new one.")
    return Reference(*json.loads(plain))
