"""Public keys of clients that prove themselves with a private one: from the client's row, or from its URL."""

import time
from typing import Any

from django.core.cache import caches

from oauth_bridge.digests import digest
from oauth_bridge.guarded_fetch import FetchError, fetch_json
from oauth_bridge.models import Client
from oauth_bridge.trust import is_let_in

Key = dict[str, Any]

MOST_KEYS = 20
# Seconds that keys are kept at the most, whatever their server allows; and between two fetches at the least, so
# that nobody can make this server ask another one all the time.
LONGEST_KEPT = 3600
SHORTEST_KEPT = 60

# Private parts, should a client have published them: not ours to have in memory.
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def keys_of(client: Client, key_id: str | None) -> list[Key]:
    """The client's keys with this id, or all of them when the id is not given.

    One that is not known yet is looked for at the client's URL again: it may have been rotated in.
    """
    if client.jwks:
        return _with_id(read_key_set(client.jwks), key_id)
    if not client.jwks_uri or not is_let_in(client.jwks_uri):
        return []
    slot = f"oauth_bridge:jwks:{digest(client.jwks_uri)}"
    cache = caches["fetched"]
    kept = cache.get(slot)
    if kept is not None:
        fetched_at, keys = kept
        found = _with_id(keys, key_id)
        if found or time.time() < fetched_at + SHORTEST_KEPT:
            return found
    try:
        document, max_age = fetch_json(client.jwks_uri)
        keys = read_key_set(document)
    except FetchError:
        max_age, keys = SHORTEST_KEPT, []
    cache.set(slot, (time.time(), keys), max(SHORTEST_KEPT, min(max_age, LONGEST_KEPT)))
    return _with_id(keys, key_id)


def read_key_set(document: Any) -> list[Key]:
    """The public keys of a JWK Set (RFC 7517 §5); none, when it is malformed."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        return []
    return [
        {name: value for name, value in key.items() if name not in _PRIVATE}
        for key in keys[:MOST_KEYS]
        if isinstance(key, dict) and key.get("use", "sig") == "sig"
    ]


def _with_id(keys: list[Key], key_id: str | None) -> list[Key]:
    return [key for key in keys if key_id is None or key.get("kid") == key_id]
