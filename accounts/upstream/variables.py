"""Environment variables of the providers of OIDC_PROVIDERS, as far as tools are concerned."""

from collections.abc import Iterable

from accounts.providers import Variables, prefix_of


def named_scopes(variables: Variables, names: Iterable[str]) -> dict[str, list[str]]:
    """What linking asks of each provider beyond what sign-in asks: OIDC_OKTA_TOOL_SCOPES."""
    return {name: variables.list(f"{prefix_of(name)}_TOOL_SCOPES", default=["offline_access"]) for name in names}


def named_api_urls(variables: Variables, names: Iterable[str]) -> dict[str, str]:
    """The API that each provider's tokens are for, empty where there is none for tools: OIDC_OKTA_API_URL."""
    return {name: variables.str(f"{prefix_of(name)}_API_URL", default="") for name in names}
