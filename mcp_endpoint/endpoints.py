"""The Endpoints of this site: each one MCP server with its own URL, registry and protected resource."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import cast

from mcp_endpoint.conf import conf
from mcp_endpoint.entries import Entry
from mcp_endpoint.registry import BASE_SCOPE, DEFAULT, Registry, may_use, registries, registry, scopes_of
from oauth_bridge.client_metadata import JOINERS
from oauth_bridge.difference import visible
from oauth_bridge.principal import Principal
from oauth_bridge.resources import Effect, ProtectedResource, Scope, ToolSummary

SSE_PATH = "/sse"
"""Where clients of the 2024-11-05 transport know the default Endpoint from."""
SPARED = f"\n\t{JOINERS}"
"""Characters of a tool's description that are shown as they are, though nobody sees them."""


@dataclass(frozen=True)
class Endpoint:
    """One MCP server of this site."""

    name: str
    path: str
    title: str
    instructions: str
    version: str
    registry: Registry = field(repr=False)

    @property
    def uri(self) -> str:
        """Canonical resource URI (RFC 8707 §2): the public URL and the path, without a trailing slash."""
        return conf().public_url + self.path

    @cached_property
    def resource(self) -> ProtectedResource:
        """What the authorization server knows of this Endpoint."""
        scopes = []
        for entry in self.registry.scopes.values():
            tools = tuple(
                ToolSummary(
                    tool.name,
                    visible(tool.wire.title or tool.name, SPARED),
                    visible(tool.wire.description or "", SPARED),
                    cast(Effect, tool.effect),
                    tool.wire.model_dump(by_alias=True, mode="json", exclude_none=True),
                )
                for tool in self.registry.tools.values()
                if entry.name in scopes_of(tool)
            )
            scopes.append(Scope(entry.name, entry.description, entry.default, tools))
        aliases = (SSE_PATH,) if self.name == DEFAULT else ()
        return ProtectedResource(self.uri, self.path, self.title, tuple(scopes), aliases)

    def entry_for(self, method: str, params: dict[str, object] | None) -> Entry | None:
        """The declaration that a request is about, when it names one."""
        params = params or {}
        name, uri = params.get("name"), params.get("uri")
        if method == "tools/call" and isinstance(name, str):
            return self.registry.tools.get(name)
        if method == "prompts/get" and isinstance(name, str):
            return self.registry.prompts.get(name)
        if method in ("resources/read", "resources/subscribe") and isinstance(uri, str):
            found = self.registry.find_resource(uri)
            return found[0] if found else None
        return None

    def missing_scopes(self, principal: Principal, method: str, params: dict[str, object] | None) -> frozenset[str]:
        """Scopes that an operation needs and the caller lacks; the base scope opens the Endpoint's other methods."""
        entry = self.entry_for(method, params)
        return (scopes_of(entry) if entry else frozenset()) - principal.scopes

    def may_read(self, principal: Principal, uri: str) -> bool:
        """Whether a caller may read a resource, and so may hear of its changes. May query the database."""
        found = self.registry.find_resource(uri)
        return found is not None and may_use(principal, found[0])


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """All Endpoints, the default one first. Raises KeyError when an app declares for one that is not configured."""
    configured = conf().endpoints
    for name in registries():
        if name not in configured:
            raise KeyError(f"MCP_ENDPOINTS has no Endpoint named {name!r}, for which an app declares tools")
    ordered = sorted(configured.items(), key=lambda item: item[0] != DEFAULT)
    return tuple(
        Endpoint(
            name,
            options["path"],
            options["title"],
            options.get("instructions", ""),
            options.get("version", "1.0.0"),
            registry(name),
        )
        for name, options in ordered
    )


def protected_resources() -> list[ProtectedResource]:
    """What `settings.OAUTH_BRIDGE_RESOURCES` names."""
    return [endpoint.resource for endpoint in endpoints()]


__all__ = ["BASE_SCOPE", "Endpoint", "endpoints", "protected_resources"]
