"""Where a request came from, as far as it can be known."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The caller's IP address, of IPv6 the network of 64 bits that one household has; None when unknown.

    X-Forwarded-For is believed only in the entries that the site's own proxies wrote, which are the last ones.
    """
    return address_of(request.headers.get("X-Forwarded-For", ""), request.META.get("REMOTE_ADDR", ""))


def address_of(forwarded: str, peer: str) -> str | None:
    """The same, from the header X-Forwarded-For and the address that connected."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = forwarded.split(",")
    trusted = proxies > 0 and len(hops) >= proxies
    return _canonical((hops[-proxies] if trusted else peer).strip())


@lru_cache(1024)
def _canonical(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address.packed, 64), strict=False).network_address)
