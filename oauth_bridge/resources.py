"""What the rooms above offer for protection: the site's protected resources and their scopes.

`settings.OAUTH_BRIDGE_RESOURCES` names a callable that returns them, so that this room imports none above it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

Effect = Literal["read", "write", "destructive"]
Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolSummary:
    """One tool as a person is shown it on the consent page."""

    name: str
    title: str
    description: str
    effect: Effect
    definition: Definition = field(default_factory=dict, compare=False, repr=False)
    """What clients get in `tools/list`, as JSON values."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: its name on the wire, a sentence for people, and the tools it opens."""

    name: str
    description: str
    default: bool
    """Granted to a client that asks for no scope at all."""
    tools: tuple[ToolSummary, ...] = ()


@dataclass(frozen=True)
class ProtectedResource:
    """One protected resource (RFC 9728): its canonical URI, path, title and scopes."""

    uri: str
    path: str
    title: str
    scopes: tuple[Scope, ...]
    aliases: tuple[str, ...] = ()
    """Other paths at which it answers, such as the one of an older transport."""

    @property
    def metadata_url(self) -> str:
        """URL of the metadata document, for the resource's own path."""
        return self.metadata_url_at(self.path)

    def metadata_url_at(self, path: str) -> str:
        """URL of the document for a client that came to this path, be it an alias.

        The well-known segment stands before the path (RFC 9728 §3.1), and the document names the resource as that
        client knows it: one that came to /sse refuses a document about /mcp (§3.3).
        """
        parts = urlsplit(self.uri)
        return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{path.rstrip('/')}"

    @property
    def default_scopes(self) -> tuple[str, ...]:
        """Names of the scopes that a client gets without asking for any."""
        return tuple(scope.name for scope in self.scopes if scope.default)

    @cached_property
    def tools_version(self) -> str:
        """Equal as long as the scopes open the same tools with the same definitions."""
        tools = {scope.name: {tool.name: dict(tool.definition) for tool in scope.tools} for scope in self.scopes}
        return hashlib.sha256(json.dumps(tools, sort_keys=True).encode()).hexdigest()


def protected_resources() -> Sequence[ProtectedResource]:
    """All protected resources of this site, the default one first."""
    load = cast(Callable[[], Sequence[ProtectedResource]], import_string(settings.OAUTH_BRIDGE_RESOURCES))
    return load()


def find_resource(uri: str) -> ProtectedResource | None:
    """The protected resource with this canonical URI."""
    return next((resource for resource in protected_resources() if resource.uri == uri), None)
