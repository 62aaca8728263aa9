"""System checks of who can sign in."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from accounts.conf import POLICIES, local_passwords, sends_email, sign_up_domains, sign_up_policy

DOMAIN = re.compile(r"\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def register() -> None:
    """Make Django run these checks."""
    checks.register(somebody_can_sign_in, checks.Tags.security)
    checks.register(sign_up_is_understood, checks.Tags.security)


def somebody_can_sign_in(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """accounts.E001 and W001: passwords are off, and providers do not take their place."""
    if local_passwords():
        return []
    if not settings.SOCIALACCOUNT_PROVIDERS:
        return [
            checks.Error(
                "LOCAL_PASSWORDS is off and no provider is switched on: nobody can sign in.",
                hint="Set the variables of a provider, such as GOOGLE_CLIENT_ID, or LOCAL_PASSWORDS=true.",
                id="accounts.E001",
            )
        ]
    if sign_up_policy() == "closed" and not any(_knows_users(settings.SOCIALACCOUNT_PROVIDERS)):
        return [
            checks.Warning(
                "LOCAL_PASSWORDS is off, SIGN_UP is closed, and no provider signs in users by their address: only "
                "people who linked an account before can sign in.",
                hint="Set the EMAIL_LOGIN of a provider that verifies addresses, or invite people: SIGN_UP=invited.",
                id="accounts.W001",
            )
        ]
    return []


def sign_up_is_understood(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """accounts.E002 and W002: a policy that means nothing, or lets nobody in; sign-up stays closed for them."""
    found: list[checks.CheckMessage] = []
    if settings.SIGN_UP not in POLICIES:
        found.append(_policy_error(f"SIGN_UP is {settings.SIGN_UP!r}.", f"Write one of {', '.join(POLICIES)}."))
    if sign_up_policy() == "domains" and not sign_up_domains():
        found.append(_policy_error("SIGN_UP=domains without any.", "List them: SIGN_UP_DOMAINS=example.com."))
    found += [
        _policy_error(
            f"SIGN_UP_DOMAINS has {domain!r}, which is no domain.",
            "Write example.com for that domain, or .example.com for its subdomains too.",
        )
        for domain in sign_up_domains()
        if not DOMAIN.fullmatch(domain)
    ]
    proves_addresses = sends_email() or settings.SOCIALACCOUNT_PROVIDERS
    if sign_up_policy() in ("invited", "domains") and not proves_addresses:
        found.append(
            checks.Warning(
                f"SIGN_UP={sign_up_policy()} lets nobody in: no provider and no mail can show whose an address is.",
                hint="Set EMAIL_URL, or the variables of a provider.",
                id="accounts.W002",
            )
        )
    return found


def _policy_error(problem: str, hint: str) -> checks.CheckMessage:
    return checks.Error(problem, hint=hint, id="accounts.E002")


def _knows_users(providers: dict[str, Any]) -> Iterable[bool]:
    """For each provider, whether its word on an address signs in the user who has it."""
    for provider in providers.values():
        for app in provider["APPS"]:
            by_app = app.get("settings", {}).get("email_authentication")
            yield bool(provider.get("EMAIL_AUTHENTICATION") if by_app is None else by_app)
