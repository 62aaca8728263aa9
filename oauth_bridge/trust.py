"""The operator's word on clients that have a domain: who is let in, and what users are told of them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from django.utils.http import is_same_domain

from oauth_bridge.conf import configuration, document_hosts
from oauth_bridge.models import Client

Standing = Literal["approved", "domain", "unverified"]


def is_let_in(url: str) -> bool:
    """Whether a metadata document or key set may be fetched from here, and its client do anything at all.

    Asked before any fetch. A host that is not written in ASCII is refused: its other spellings could not be told
    from one that is blocked.
    """
    conf = configuration()
    host = host_of(url)
    if host is None or matches(host, conf.cimd_block):
        return False
    return not conf.cimd_allow or matches(host, conf.cimd_allow)


def is_client_let_in(client_id: str) -> bool:
    """Whether the client with this ID may do anything: one whose ID is a URL, as long as its host is let in.

    Asked for every call that carries a token, so that a host which the operator blocks is out at once.
    """
    return "://" not in client_id or _is_client_let_in(client_id, *document_hosts())


@lru_cache(maxsize=1024)
def _is_client_let_in(client_id: str, allow: tuple[str, ...], block: tuple[str, ...]) -> bool:
    # The lists are there for the cache: another value of theirs is another answer.
    return is_let_in(client_id)


def standing(client: Client) -> Standing:
    """What is known of a client: approved by the operator, described at its own domain, or its word alone."""
    by_document = client.registration_source == Client.RegistrationSource.CIMD
    host = host_of(client.client_id) if by_document else None
    if host is not None and matches(host, configuration().trusted_domains):
        return "approved"
    if client.trust == Client.Trust.APPROVED or client.registration_source == Client.RegistrationSource.MANUAL:
        return "approved"
    return "domain" if by_document else "unverified"


def matches(host: str, patterns: Iterable[str]) -> bool:
    """Whether a host is on a list: "example.com" is that host, ".example.com" its subdomains too."""
    return any(is_same_domain(host, pattern.removeprefix("*").lower()) for pattern in patterns)


def host_of(url: str) -> str | None:
    """The host of a URL, in one spelling; None when there is none that can be compared."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    # "example.com." is the same host to DNS.
    return host.rstrip(".") or None if host and host.isascii() else None
