"""Connections as their user is shown them: what each is, what it may do, and what became of its tools."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from oauth_bridge.catalogue import differences, digest_of_tools, held_tools
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.difference import Difference, difference
from oauth_bridge.models import Client, Connection, PersonalToken
from oauth_bridge.resources import Definition, ProtectedResource, Scope, ToolSummary, find_resource
from oauth_bridge.trust import host_of, standing

Kind = Literal["app", "device", "token", "program"]
Status = Literal["active", "suspended", "paused", "revoked", "expired", "disabled"]

MEMBERS = {
    "title": "Title",
    "description": "Description",
    "inputSchema": "What it is given",
    "outputSchema": "What it answers",
    "annotations": "What it says of itself",
}
"""Members of a tool's definition, in words."""
LONGEST_NAME = 60
"""Characters of a name."""


@dataclass(frozen=True)
class Overview:
    """One connection."""

    connection: Connection
    now: Any

    @property
    def name(self) -> str:
        """What the user calls it, or the client calls itself, as far as a page has room for it."""
        return clean_text(self.connection.display_name, LONGEST_NAME)

    @property
    def own_name(self) -> str:
        """What the client calls itself."""
        return clean_text(self.connection.client.display_name, LONGEST_NAME)

    @property
    def kind(self) -> Kind:
        """What it was made for. An app has a place where consent sent the browser; a device has none."""
        client = self.connection.client
        if self.personal_token is not None:
            return "token"
        if client.authorization_grant_type == Client.GRANT_CLIENT_CREDENTIALS:
            return "program"
        return "app" if self.connection.redirect_host else "device"

    @property
    def personal_token(self) -> PersonalToken | None:
        """The token that it is the connection of, if it is one's."""
        return getattr(self.connection.client, "personal_token", None)

    @property
    def status(self) -> Status:
        """Whether it can act at this moment, and if not, why."""
        if self.connection.state == Connection.State.REVOKED:
            return "revoked"
        if self.connection.expires_at is not None and self.connection.expires_at <= self.now:
            return "expired"
        if self.connection.suspended:
            return "suspended"
        if self.connection.state == Connection.State.PAUSED:
            return "paused"
        return "disabled" if self.connection.client.disabled else "active"

    @property
    def has_ended(self) -> bool:
        """Whether it needs consent anew."""
        return self.status in ("revoked", "expired")

    @property
    def standing(self) -> str:
        """What is known of the client."""
        return standing(self.connection.client)

    @property
    def document_host(self) -> str | None:
        """Where the client's metadata document is, when it has one."""
        return host_of(self.connection.client.client_id)

    @property
    def budget(self) -> str:
        """How often an operator lets it call, in words; empty when that is as often as it likes."""
        limits = {"minute": self.connection.calls_per_minute, "day": self.connection.calls_per_day}
        return ", ".join(f"{limit} calls in a {period}" for period, limit in limits.items() if limit is not None)

    @cached_property
    def resource(self) -> ProtectedResource | None:
        """What it is a connection to; None when the site does not offer that any more."""
        return find_resource(self.connection.resource)

    @property
    def scopes(self) -> list[Scope]:
        """Its scopes, in the resource's order."""
        return [
            scope
            for scope in (self.resource.scopes if self.resource else ())
            if scope.name in self.connection.scope_set
        ]

    @property
    def open_scopes(self) -> list[Scope]:
        """Its scopes without those of which reading only leaves no tool."""
        return [scope for scope in self.scopes if not scope.tools or any(map(self._opens, scope.tools))]

    @property
    def tool_count(self) -> int:
        """How many tools it has: reading only closes some, and some may be held back."""
        tools = (tool for scope in self.scopes for tool in scope.tools if self._opens(tool))
        return len({tool.name for tool in tools} - self.held)

    def _opens(self, tool: ToolSummary) -> bool:
        return tool.effect == "read" or not self.connection.read_only

    @cached_property
    def held(self) -> frozenset[str]:
        """Names of the tools that are held back."""
        return held_tools(self.connection, self.resource) if self.resource else frozenset()

    @property
    def changed_tools(self) -> list["ChangedTool"]:
        """What became of the tools that are held back."""
        found = differences(self.connection, self.resource) if self.resource else []
        return [ChangedTool(name, before, after) for name, before, after in found]

    @property
    def seen_digest(self) -> str:
        """Stands for the tools as this page shows them."""
        return digest_of_tools(self.resource, self.connection.scope_set) if self.resource else ""


@dataclass(frozen=True, slots=True)
class ChangedTool:
    """A tool that is not as the user saw it when they allowed it."""

    name: str
    before: Definition | None
    after: Definition

    @property
    def members(self) -> list[tuple[str, Difference]]:
        """What differs, by its name in words."""
        before = self.before or {}
        return [
            (words, difference(before.get(member), self.after.get(member)))
            for member, words in MEMBERS.items()
            if before.get(member) != self.after.get(member)
        ]


def overviews(user: User) -> list[Overview]:
    """The user's connections but those of personal tokens, the one used last first."""
    now = timezone.now()
    found = _connections(user).filter(client__personal_token=None)
    return [Overview(each, now) for each in found.order_by(F("last_used_at").desc(nulls_last=True), "-created_at")]


def overview(user: User, connection_id: int) -> Overview | None:
    """One of the user's connections; None when it is not theirs."""
    found = _connections(user).filter(pk=connection_id).first()
    return None if found is None else Overview(found, timezone.now())


def _connections(user: User) -> QuerySet[Connection]:
    mine = Q(client__personal_token=None) | Q(client__personal_token__user=user)
    return Connection.objects.filter(mine, user=user).select_related("client__personal_token", "catalogue")
