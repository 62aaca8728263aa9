"""System checks of the authorization server's settings."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from oauth_bridge.catalogue import REVIEWS
from oauth_bridge.conf import configuration, tool_review
from oauth_bridge.jwt_tokens import FORMATS, JWT, SigningKeyError, parse_signing_keys
from oauth_bridge.rates import parse_rate

# Schemes that a browser runs or opens by itself: a "redirect" to one is an attack.
DANGEROUS_SCHEMES = {
    "http",
    "https",
    "javascript",
    "data",
    "file",
    "blob",
    "about",
    "ftp",
    "ws",
    "wss",
    "vbscript",
}

REGISTRATION_MODES = ("open", "token", "off")
SHORTEST_TOKEN = 16
HOST_PATTERN = re.compile(r"(?:\*?\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


MAKE_KEY = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"


def register() -> None:
    """Make Django run these checks."""
    checks.register(loopback_documents_are_for_tests, checks.Tags.security)
    checks.register(redirect_schemes_are_safe, checks.Tags.security)
    checks.register(lifetimes_are_positive, checks.Tags.security)
    checks.register(registration_is_understood, checks.Tags.security)
    checks.register(hosts_are_hosts, checks.Tags.security)
    checks.register(signing_keys_fit_the_format, checks.Tags.security)
    checks.register(tool_review_is_understood, checks.Tags.security)


def loopback_documents_are_for_tests(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E001: a public server would fetch documents from its own machine."""
    conf = configuration()
    if conf.cimd_allow_loopback and conf.issuer.startswith("https:"):
        return [
            checks.Error(
                "OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK is on while PUBLIC_URL is https.",
                hint="It lets strangers make this server send requests to itself. Unset it.",
                id="oauth_bridge.E001",
            )
        ]
    return []


def redirect_schemes_are_safe(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E002: a scheme on the list of applications is one that a browser handles itself."""
    if wrong := sorted(DANGEROUS_SCHEMES & set(configuration().redirect_schemes)):
        return [
            checks.Error(
                f"OAUTH_REDIRECT_SCHEMES has {', '.join(wrong)}, which is no application's own.",
                hint="List schemes that an installed application registered, such as cursor or vscode.",
                id="oauth_bridge.E002",
            )
        ]
    return []


def lifetimes_are_positive(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E003: a lifetime is zero or negative, or one that may be zero is negative."""
    provider = settings.OAUTH2_PROVIDER
    names = {
        "OAUTH_CODE_SECONDS": provider["AUTHORIZATION_CODE_EXPIRE_SECONDS"],
        "OAUTH_ACCESS_TOKEN_SECONDS": provider["ACCESS_TOKEN_EXPIRE_SECONDS"],
        "OAUTH_REFRESH_TOKEN_SECONDS": provider["REFRESH_TOKEN_EXPIRE_SECONDS"],
        "OAUTH_REFRESH_GRACE": configuration().refresh_grace + 1,
        "OAUTH_REFRESH_ABSOLUTE_SECONDS": configuration().refresh_absolute + 1,
    }
    return [
        checks.Error(f"{name} is too small.", hint="Give it in seconds.", id="oauth_bridge.E003")
        for name, seconds in names.items()
        if seconds <= 0
    ]


def registration_is_understood(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E004: a setting of registration has no meaning; the site fails closed on it."""
    conf = configuration()
    wrong: list[tuple[str, str]] = []
    if conf.registration not in REGISTRATION_MODES:
        wrong.append(("OAUTH_REGISTRATION", f"Write one of {', '.join(REGISTRATION_MODES)}."))
    if conf.registration == "token" and len(conf.registration_token) < SHORTEST_TOKEN:
        wrong.append(("OAUTH_REGISTRATION_TOKEN", f"Give it {SHORTEST_TOKEN} random characters or more."))
    if conf.client_secret_seconds < 0:
        wrong.append(("OAUTH_CLIENT_SECRET_SECONDS", "Give it in seconds; 0 is for ever."))
    periods = [3600]
    for name, rate in {
        "OAUTH_REGISTRATION_RATE": conf.registration_rate,
        "OAUTH_REGISTRATION_RATE_ALL": conf.registration_rate_all,
    }.items():
        try:
            periods.append(parse_rate(rate).seconds)
        except ValueError:
            wrong.append((name, "Write a rate such as 20/h or 5/10m."))
    if conf.unused_client_seconds < max(periods):
        # Rates count rows: those of the period must still be there, and a person needs time to sign in.
        wrong.append(("OAUTH_UNUSED_CLIENT_SECONDS", "Give it an hour at least, and the longest period of the rates."))
    return [checks.Error(f"{name} is not usable.", hint=hint, id="oauth_bridge.E004") for name, hint in wrong]


def hosts_are_hosts(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E005: an entry of a list of hosts is none, and would match nothing."""
    conf = configuration()
    lists = {
        "OAUTH_CIMD_ALLOW": conf.cimd_allow,
        "OAUTH_CIMD_BLOCK": conf.cimd_block,
        "OAUTH_TRUSTED_DOMAINS": conf.trusted_domains,
    }
    return [
        checks.Error(
            f"{name} has {entry!r}, which is no host.",
            hint="Write example.com for that host, or .example.com for its subdomains too.",
            id="oauth_bridge.E005",
        )
        for name, entries in lists.items()
        for entry in entries
        if not HOST_PATTERN.fullmatch(entry)
    ]


def signing_keys_fit_the_format(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E006: access tokens are to be signed and cannot be; they are opaque until then."""
    conf = configuration()
    problems: list[tuple[str, str]] = []
    if conf.access_token_format not in FORMATS:
        problems.append(("OAUTH_ACCESS_TOKEN_FORMAT is not a format.", f"Write one of {', '.join(FORMATS)}."))
    try:
        keys = parse_signing_keys(conf.signing_keys)
    except SigningKeyError as error:
        problems.append((f"OAUTH_SIGNING_KEYS cannot be used. {error}", f"Make one with `{MAKE_KEY}`."))
    else:
        if conf.access_token_format == JWT and not keys:
            problems.append(("OAUTH_SIGNING_KEYS is not set.", f"Make a key with `{MAKE_KEY}`."))
    return [checks.Error(problem, hint=hint, id="oauth_bridge.E006") for problem, hint in problems]


def tool_review_is_understood(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E007: what is held back when tools change has no meaning; it counts as `changed`."""
    if tool_review() in REVIEWS:
        return []
    hint = f"Write one of {', '.join(REVIEWS)}."
    return [checks.Error("OAUTH_TOOL_REVIEW is not usable.", hint=hint, id="oauth_bridge.E007")]
