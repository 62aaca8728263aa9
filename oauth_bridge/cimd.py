"""Client ID Metadata Documents: the toolkit's guarded fetcher, and what real clients' documents need on top.

A document is fetched only for somebody who is signed in, or anybody could make this server send requests.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from oauth2_provider import cimd

from oauth_bridge.client_keys import read_key_set
from oauth_bridge.client_metadata import LONGEST_URI, clean_text, described
from oauth_bridge.grant_types import AUTHORIZATION_CODE, DEVICE_CODE, WITHOUT_ASKING, registrable_grants
from oauth_bridge.guarded_fetch import Document, fetch_json, is_allowed_loopback
from oauth_bridge.models import Client
from oauth_bridge.models.client import PRIVATE_KEY_JWT
from oauth_bridge.rates import is_room_for_documents
from oauth_bridge.redirect_uris import RedirectURIError, check_redirect_uri
from oauth_bridge.trust import is_let_in

logger = logging.getLogger(__name__)

# Documents fetched for the request at hand, by client ID; None when nobody is signed in.
_fetched: ContextVar[dict[str, Document] | None] = ContextVar("oauth_bridge_fetched", default=None)


@contextmanager
def on_behalf_of_a_user() -> Iterator[None]:
    """Within it, an unknown client's metadata document may be fetched."""
    token = _fetched.set({})
    try:
        yield
    finally:
        _fetched.reset(token)


class SignedInPermission:
    """Fetch only where a signed-in user asked to authorize the client, and for no more new ones than may register."""

    def has_permission(self, request: Any, client_id: str) -> bool:
        if _fetched.get() is None:
            return False
        return is_room_for_documents() or Client.objects.filter(client_id=client_id).exists()


def keep_document(client: Client) -> None:
    """Store what the toolkit does not of a document that was fetched just now."""
    document = (_fetched.get() or {}).pop(client.client_id, None)
    if document is None:
        return
    for field, value in described(document).items():
        setattr(client, field, value)
    method = document.get("token_endpoint_auth_method", "none")
    by_key = method == PRIVATE_KEY_JWT
    client.jwks = document.get("jwks") if by_key else None
    client.jwks_uri = document.get("jwks_uri", "") if by_key and not client.jwks else ""
    client.metadata = {
        "grant_types": document.get("grant_types", list(WITHOUT_ASKING)),
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    }
    client.save()


def load_loopback_client(client_id: str) -> Client | None:
    """The client of a document on this machine, where a test allowed that; None for any other."""
    if _fetched.get() is None or not is_allowed_loopback(client_id):
        return None
    try:
        client: Client = cimd._fetch_validate_upsert(client_id)
    except cimd.CIMDError as error:
        logger.info("No client at %r: %s", client_id, error)
        return None
    return client if client.is_usable(None) else None


def is_document_url(client_id: str) -> bool:
    """Whether a client ID is the URL of a metadata document."""
    return bool(cimd.is_cimd_client_id(client_id)) or is_allowed_loopback(client_id)


class NormalisingFetcher(cimd.SafeMetadataFetcher):
    """Keeps of a document what this server supports (RFC 7591 §2: it may replace what was asked)."""

    def fetch(self, client_id: str) -> tuple[Document, int]:
        document, max_age = fetch_json(client_id)
        granted = normalised(document)
        fetched = _fetched.get()
        if fetched is not None:
            fetched[client_id] = granted
        return _for_the_toolkit(granted), max_age


def normalised(document: Document) -> Document:
    """A document as this server grants it; malformed members are left for the toolkit to refuse.

    Claude lists `jwt-bearer` and VS Code `device_code` among the grants; ChatGPT prefers `private_key_jwt`
    but lists `none`; editors list redirect URIs of schemes of their own.
    """
    granted = dict(document)
    grants = granted.get("grant_types")
    if isinstance(grants, list):
        granted["grant_types"] = [grant for grant in grants if grant in registrable_grants()]
    methods = granted.get("token_endpoint_auth_methods_supported")
    if isinstance(methods, list) and "none" in methods:
        granted["token_endpoint_auth_method"] = "none"  # noqa: S105  (a method, not a secret)
    name = granted.get("client_name")
    if isinstance(name, str):
        granted["client_name"] = clean_text(name)
    uris = granted.get("redirect_uris")
    if isinstance(uris, list):
        granted["redirect_uris"] = [uri for uri in uris if _is_acceptable(uri)]
    return granted


def _for_the_toolkit(granted: Document) -> Document:
    """The toolkit takes neither the device grant beside the code nor clients with keys; both are kept all the same."""
    if granted.get("token_endpoint_auth_method") == PRIVATE_KEY_JWT and _has_keys(granted):
        granted = {**granted, "token_endpoint_auth_method": "none"}
    grants = granted.get("grant_types")
    if not isinstance(grants, list) or AUTHORIZATION_CODE not in grants:
        return granted
    return {**granted, "grant_types": [grant for grant in grants if grant != DEVICE_CODE]}


def _has_keys(document: Document) -> bool:
    if read_key_set(document.get("jwks")):
        return True
    uri = document.get("jwks_uri")
    return isinstance(uri, str) and len(uri) <= LONGEST_URI and is_document_url(uri) and is_let_in(uri)


def _is_acceptable(uri: Any) -> bool:
    if not isinstance(uri, str):
        return True
    try:
        check_redirect_uri(uri)
    except RedirectURIError:
        return False
    return True
