"""Where a request came from, as far as it can be known."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The caller's IP address, of IPv6 the network of 64 bits that one household has; None when unknown.

    X-Forwarded-For is believed only in the entries that the site's own proxies wrote, which are the last ones.
    """
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    trusted = proxies > 0 and len(hops) >= proxies
    try:
        address = ipaddress.ip_address((hops[-proxies] if trusted else request.META.get("REMOTE_ADDR", "")).strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address.packed, 64), strict=False).network_address)
