"""Which redirect URIs a client may register, and when a requested one is a registered one."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from oauth2_provider.models import redirect_to_uri_allowed

from oauth_bridge.conf import configuration

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
LONGEST_HOST = 255

# A name of letters, digits and hyphens (RFC 1123 §2.1) or an IPv6 address. Browsers take more for a host: `%67` for
# "g", and `;` or `*`, which mean something in the page's Content-Security-Policy.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)


class RedirectURIError(Exception):
    """A redirect URI that is not accepted; the text says why (RFC 7591 §3.2.2 `invalid_redirect_uri`)."""


class Destination(NamedTuple):
    """Where consent will send the browser, as a person is shown it."""

    host: str
    kind: str
    """`web`, `loopback` (a program on this computer) or `app` (an installed application)."""


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Raise RedirectURIError unless each may be registered and they are not too many."""
    limit = configuration().redirect_uri_limit
    if len(uris) > limit:
        raise RedirectURIError(f"At most {limit} redirect URIs can be registered.")
    for uri in uris:
        check_redirect_uri(uri)


def check_redirect_uri(uri: str) -> None:
    """Https anywhere, http on the loopback interface, or an allowed private-use scheme (RFC 8252 §7)."""
    conf = configuration()
    shown = uri if len(uri) <= 100 else uri[:100] + "…"
    if len(uri) > conf.redirect_uri_length:
        raise RedirectURIError(f"A redirect URI is longer than {conf.redirect_uri_length} characters.")
    if not uri.isascii() or not uri.isprintable() or any(char in uri for char in ' "<>\\^`{|}'):
        raise RedirectURIError(f"{shown!r} has a character that a URI cannot have.")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise RedirectURIError(f"{shown!r} is not a URI.") from error
    if len(parts.netloc) > LONGEST_HOST:
        raise RedirectURIError(f"{shown!r} has a host that is too long.")
    if "#" in uri:
        raise RedirectURIError(f"{shown!r} has a fragment (RFC 6749 §3.1.2).")
    if "@" in parts.netloc:
        raise RedirectURIError(f"{shown!r} has a user name in it.")
    if parts.scheme in ("http", "https") and not _HOST.fullmatch(parts.netloc.removesuffix(f":{port}")):
        raise RedirectURIError(f"{shown!r} has a host that is none.")
    if parts.scheme == "https":
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS and port != 0:
        return
    # "scheme:opaque" is never a callback, and is how javascript: and data: work.
    if parts.scheme in conf.redirect_schemes and uri[len(parts.scheme) :].startswith(":/"):
        return
    raise RedirectURIError(
        f"{shown!r} is neither https, nor http on localhost, nor of an application scheme known here."
    )


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Exact match, except for the port of a loopback http URI (RFC 8252 §7.3, RFC 9700 §2.1)."""
    try:
        asked = _rooted(urlsplit(uri))
        return redirect_to_uri_allowed(asked, [_rooted(urlsplit(known)) for known in registered])
    except ValueError:
        # A port out of range, a broken IPv6 address: the toolkit's comparison raises on reading it.
        return False


def destination(uri: str) -> Destination:
    """Where this redirect URI leads."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return Destination(f"{parts.scheme}:", "app")
    if parts.hostname in LOOPBACK_HOSTS:
        return Destination(parts.netloc, "loopback")
    return Destination(parts.netloc, "web")


def _rooted(parts: SplitResult) -> str:
    # VS Code registers http://127.0.0.1/ and asks for http://127.0.0.1:33418, the same by RFC 3986 §6.2.3.
    if parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS and not parts.path:
        parts = parts._replace(path="/")
    return parts.geturl()
