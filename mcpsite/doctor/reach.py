"""Whether the address can be reached at all: DNS, every address behind it, TLS, and the clocks."""

import datetime
import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

from mcpsite.doctor.findings import Finding
from mcpsite.doctor.profiles import HOSTED, RESOURCE
from mcpsite.doctor.site import NoAnswerError, Site, tls_reason

CERTIFICATE_DAYS = 14
SKEW_SECONDS = 30
SLOW_SECONDS = 5.0
"""Claude.ai gives up after about ten seconds (ha-mcp#2213)."""

Address = tuple[int, str]


def examine(site: Site) -> Iterator[Finding]:
    """DNS, connections, TLS, and one real answer."""
    asked = f"The address {site.url}"
    try:
        addresses = _addresses(site)
    except (OSError, UnicodeError):
        yield Finding(
            "failure",
            "reach.dns",
            asked,
            f"the host {site.host} is not in DNS",
            means="Nobody can find the site.",
            mend=f"Add an A or AAAA record for {site.host}, or correct PUBLIC_URL.",
            ends=True,
        )
        return
    yield from _scheme(site, addresses)
    refused = _refused(site, addresses)
    if len(refused) == len(addresses):
        yield Finding(
            "failure",
            "reach.refused",
            asked,
            f"nothing listens at {', '.join(refused)}, port {site.port}",
            means="No client gets an answer.",
            mend="Start the server and its proxy, and open the port in the firewall. Some networks do not let a server "
            "reach its own public address: then run mcp_doctor on another machine.",
            ends=True,
        )
        return
    if refused:
        yield Finding(
            "warning",
            "reach.address",
            asked,
            f"DNS also names {', '.join(refused)}, where nothing listens",
            means="Clients that try that address first wait for it, or give up.",
            mend="Let the proxy listen there too, or take the record out of DNS.",
        )
    if site.scheme == "https":
        yield from _tls(site)
    yield from _answer(site)


def _addresses(site: Site) -> list[Address]:
    found = socket.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((int(family), str(where[0])) for family, _, _, _, where in found))


def _scheme(site: Site, addresses: list[Address]) -> Iterator[Finding]:
    local = [address for _, address in addresses if not ip_address(address.partition("%")[0]).is_global]
    asked = f"The address {site.url}"
    is_loopback = all(ip_address(address.partition("%")[0]).is_loopback for _, address in addresses)
    if site.scheme != "https" and not is_loopback:
        yield Finding(
            "failure",
            "url.scheme",
            asked,
            "it is not https",
            means="Tokens and passwords travel unencrypted; most clients refuse such a server (OAuth 2.1 §1.5).",
            mend="Put TLS in front (deploy/ has a Caddyfile and an nginx configuration) and set PUBLIC_URL to https://.",
        )
    if local:
        yield Finding(
            "warning",
            "reach.private",
            asked,
            f"{', '.join(local)} is not on the internet",
            means="Only clients on this machine or network get there.",
            mend="For these clients give the site a public address.",
            clients=HOSTED,
        )
    elif site.port != 443:
        yield Finding(
            "warning",
            "url.port",
            asked,
            f"port {site.port}",
            means="Clients that call from their makers' servers were seen to reach port 443 alone.",
            mend="Serve it on port 443.",
            clients=HOSTED,
        )


def _refused(site: Site, addresses: list[Address]) -> list[str]:
    """Addresses where nothing listens. One that this machine has no way to is not judged."""
    refused = []
    for family, address in addresses:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.settimeout(site.patience(5))
            try:
                trial.connect((address, site.port))
            except (ConnectionRefusedError, TimeoutError):
                refused.append(address)
            except OSError:
                continue
    return refused


def _tls(site: Site) -> Iterator[Finding]:
    asked = f"TLS to {site.host}"
    try:
        with (
            socket.create_connection((site.host, site.port), timeout=site.patience()) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=site.host) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except OSError as error:
        yield Finding(
            "failure",
            "reach.tls",
            asked,
            tls_reason(error),
            means="Clients hang up before they ask anything.",
            mend="Give the proxy a valid certificate for this host, with its whole chain (fullchain.pem).",
            ends=True,
        )
        return
    left = (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / 86400
    if left < CERTIFICATE_DAYS:
        yield Finding(
            "warning",
            "tls.expiry",
            asked,
            f"the certificate ends in {int(left)} days",
            means="From then on no client connects.",
            mend="See that its renewal works.",
        )
    else:
        yield Finding("ok", "tls", asked, f"the certificate is good for {int(left)} days")


def _answer(site: Site) -> Iterator[Finding]:
    """The first document: that there is HTTP, in time, and by which clock."""
    try:
        answer = site.get(RESOURCE)
    except NoAnswerError as error:
        yield no_answer(error)
        return
    if answer.seconds > SLOW_SECONDS:
        yield Finding(
            "warning",
            "slow",
            answer.asked,
            f"the answer took {answer.seconds:.1f} seconds",
            means="Claude.ai gives up after about ten.",
            mend="Keep the server running between requests, with enough memory and processes.",
        )
    yield from clock(answer.asked, answer.headers.get("Date", ""))


def no_answer(error: NoAnswerError) -> Finding:
    """A request that nothing came for: there is little to be learned after it."""
    return Finding(
        "failure",
        error.check,
        error.asked,
        error.reason,
        means="Clients get no answer.",
        mend="See whether server and proxy run, and what their logs say.",
        ends=error.check.startswith("reach."),
    )


def clock(asked: str, date: str, now: datetime.datetime | None = None) -> Iterator[Finding]:
    """The server's clock, by its Date header, against the one of this machine."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return
    if theirs.tzinfo is None:
        return
    skew = (theirs - (now or datetime.datetime.now(datetime.UTC))).total_seconds()
    if abs(skew) <= SKEW_SECONDS:
        yield Finding("ok", "clock", asked, "the server's clock agrees with the one here")
        return
    yield Finding(
        "failure",
        "clock",
        asked,
        f"the server's clock is {abs(skew):.0f} seconds {'ahead' if skew > 0 else 'behind'}, by its Date header",
        means="Tokens, codes and clients' signed assertions end too early or are not good yet.",
        mend="Set the clock by NTP, on the server and on the machine that runs the doctor: timedatectl set-ntp true.",
    )
