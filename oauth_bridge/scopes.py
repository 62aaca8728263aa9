"""Which scopes there are, and which of those a client asked for it is given."""

from collections.abc import Iterable
from typing import Any

from oauth2_provider.scopes import BaseScopes

from oauth_bridge.resources import ProtectedResource, protected_resources


def all_scopes() -> dict[str, str]:
    """Every scope of every protected resource, with its sentence for people."""
    return {scope.name: scope.description for resource in protected_resources() for scope in resource.scopes}


def granted_scopes(asked: Iterable[str], resource: ProtectedResource) -> tuple[str, ...]:
    """The asked ones that the resource has; its default ones when that leaves none.

    Unknown scopes are dropped instead of refused: clients ask for `offline_access`, `openid` or `claudeai`
    whatever a server offers. The response says what was granted (RFC 6749 §3.3).
    """
    wanted = set(asked)
    return tuple(scope.name for scope in resource.scopes if scope.name in wanted) or resource.default_scopes


class ResourceScopes(BaseScopes):
    """The toolkit's view of the scopes that the protected resources declare."""

    def get_all_scopes(self) -> dict[str, str]:
        return all_scopes()

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return list(all_scopes())

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return list(protected_resources()[0].default_scopes)
