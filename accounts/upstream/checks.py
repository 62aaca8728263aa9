"""System checks of the settings of upstream accounts."""

from collections.abc import Sequence
from typing import Any

from django.core import checks

from accounts.upstream.conf import conf, is_safe


def register() -> None:
    """Make Django run these checks."""
    checks.register(apis_are_safe, checks.Tags.security)


def apis_are_safe(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """accounts.E003: tokens would travel in clear to an API without TLS."""
    return [
        checks.Error(
            f"The API of {provider} is not an https URL: {url!r}.",
            hint="Tools get no access there until it is. http is for this machine alone.",
            id="accounts.E003",
        )
        for provider, url in conf().api_urls.items()
        if not is_safe(url)
    ]
