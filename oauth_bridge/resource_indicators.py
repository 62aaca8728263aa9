"""Which protected resource a `resource` parameter means (RFC 8707)."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from oauth_bridge.resources import ProtectedResource, protected_resources

DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidTargetError(Exception):
    """The resource is none of this site's, or there are several (RFC 8707 §2 `invalid_target`)."""


def resolve_resource(indicators: Iterable[str]) -> ProtectedResource:
    """The one resource that all these values mean; the default one when there is no value.

    Clients write the same resource in several ways: with a trailing slash, an upper-case host, a default
    port, or as the bare origin. All are accepted, and tokens carry the canonical form.
    """
    found = {indicator: _find(indicator) for indicator in indicators if indicator.strip()}
    unknown = [indicator for indicator, resource in found.items() if resource is None]
    if unknown:
        raise InvalidTargetError("The resource is not one of this server.")
    resources = {resource.uri: resource for resource in found.values() if resource is not None}
    if len(resources) > 1:
        raise InvalidTargetError("A token is for one resource; ask for each in a request of its own.")
    return next(iter(resources.values()), protected_resources()[0])


def _find(indicator: str) -> ProtectedResource | None:
    asked = _origin_and_path(indicator)
    if asked is None:
        return None
    resources = protected_resources()
    for resource in resources:
        canonical = _origin_and_path(resource.uri)
        if canonical is None or canonical[0] != asked[0]:
            continue
        if asked[1] in (canonical[1], *(alias.rstrip("/") for alias in resource.aliases)):
            return resource
        if asked[1] == "" and resource is resources[0]:
            return resource
    return None


def _origin_and_path(uri: str) -> tuple[tuple[str, str, int | None], str] | None:
    try:
        parts = urlsplit(uri)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    # RFC 8707 §2: absolute, and no fragment. A query would make it another resource.
    if parts.hostname is None or "@" in parts.netloc or "#" in uri or "?" in uri:
        return None
    return (parts.scheme, parts.hostname, port), parts.path.rstrip("/")
