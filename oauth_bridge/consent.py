"""What a user is asked before a client may act for them, and how their answer is read.

The same for the page of the authorization endpoint and the page for devices.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from django.core.signing import BadSignature, TimestampSigner
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from oauth_bridge.catalogue import unseen_tools
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.connecting import LIFETIMES, Choice, find_connection
from oauth_bridge.models import Client, Connection
from oauth_bridge.overview import ChangedTool
from oauth_bridge.resources import ProtectedResource, Scope, ToolSummary
from oauth_bridge.trust import host_of, standing

LONGEST_NAME = 60
"""Characters of a client's name on the page: enough to know it, too few to write the page with it."""

PATIENCE = 3600
"""Seconds that a page can be thought about before it asks again."""

LIFETIME_WORDS = {"forever": "Until I revoke it", "30d": "For 30 days", "24h": "For 24 hours"}

FEW = 3
"""Tools that are shown without a click."""

READ_ONLY = "read"
ALL = "all"


class StaleFormError(Exception):
    """The answer is to another question than the one of now: another user, other tools, another connection."""


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """One tool, with what became of it since the user allowed its scope."""

    summary: ToolSummary
    mark: Literal["", "new", "changed"] = ""
    change: ChangedTool | None = None
    """What differs, of a changed one: to allow it is to have seen it."""


@dataclass(frozen=True, slots=True)
class OfferedScope:
    """One box of the page."""

    scope: Scope
    tools: tuple[OfferedTool, ...]
    is_new: bool
    """Asked for beyond what is connected already."""

    @property
    def is_open(self) -> bool:
        """Whether the tools are shown without a click: when they are few, or one is not as the user knows it."""
        return len(self.tools) <= FEW or any(tool.mark for tool in self.tools)

    @property
    def effects(self) -> str:
        """How many tools it opens, and what they do."""
        count: Counter[str] = Counter(tool.effect for tool in self.scope.tools)
        total = f"{len(self.scope.tools)} tool{'' if len(self.scope.tools) == 1 else 's'}"
        words = (
            ("read", "only reads", "only read"),
            ("write", "writes", "write"),
            ("destructive", "can delete or overwrite", "can delete or overwrite"),
        )
        found = [(count[effect], one if count[effect] == 1 else many) for effect, one, many in words if count[effect]]
        if len(found) == 1:
            return f"{total}: {found[0][1]}"
        return f"{total}: " + ", ".join(f"{number} {verb}" for number, verb in found)


@dataclass(frozen=True)
class Offer:
    """What a user is asked: the scopes that a client asks for, with those that it has already."""

    user: User
    client: Client
    resource: ProtectedResource
    asked: frozenset[str]
    before: Connection | None
    """The connection as it is, in whatever state."""
    occasion: str
    """What the answer is for: one authorization request, or one device."""
    now: datetime

    @cached_property
    def live(self) -> Connection | None:
        """The connection, when it can act at this moment."""
        return self.before if self.before is not None and self.before.is_live(self.now) else None

    @property
    def is_paused(self) -> bool:
        """Whether somebody stopped the connection: consent does not lift that."""
        return self.before is not None and self.before.is_stopped

    @cached_property
    def scopes(self) -> tuple[OfferedScope, ...]:
        """The boxes, in the resource's order."""
        offered = [scope for scope in self.resource.scopes if scope.name in self._offered]
        if self.live is None:
            return tuple(_box(scope, {}) for scope in offered)
        unseen = {each[0]: ChangedTool(*each) for each in unseen_tools(self.live, self.resource)}
        return tuple(
            _box(scope, unseen) if scope.name in self.live.scope_set else _box(scope, {}, is_new=True)
            for scope in offered
        )

    @property
    def _offered(self) -> frozenset[str]:
        connected = self.live.scope_set if self.live is not None else frozenset()
        return frozenset(scope.name for scope in self.resource.scopes) & (self.asked | connected)

    @property
    def lifetime(self) -> str:
        """The duration that is chosen already: what the connection was given, so that a click does not lengthen it."""
        if self.live is None or self.live.expires_at is None:
            return "forever"
        given = self.live.expires_at - self.live.consented_at
        return next((name for name, length in LIFETIMES.items() if length == given), "24h")

    @property
    def seal(self) -> str:
        """A form field that binds the answer to this user and to what they are shown."""
        return _signer().sign(f"{self._question}.{self._standing_of_connection}")

    @cached_property
    def _question(self) -> str:
        return _digest(
            self.user.pk,
            self.client.pk,
            self.client.fingerprint,
            standing(self.client),
            self.occasion,
            self.resource.uri,
            self.resource.tools_version,
            sorted(self.asked),
        )

    @cached_property
    def _standing_of_connection(self) -> str:
        if self.before is None:
            return _digest()
        before = self.before
        return _digest(
            before.pk, before.state, before.scopes, before.read_only, str(before.expires_at), str(before.consented_at)
        )

    def read(self, form: QueryDict) -> Choice | None:
        """The user's choice, None when they refuse; raises StaleFormError when they must be asked (again)."""
        how = form.get("allow", "")
        offered = self._offered
        ticked = offered.intersection(form.getlist("scope"))
        if how not in (ALL, READ_ONLY) or "deny" in form or (offered and not ticked):
            return None
        lifetime = form.get("lifetime", "")
        if lifetime not in LIFETIMES:
            raise StaleFormError
        choice = Choice(frozenset(ticked), how == READ_ONLY, LIFETIMES[lifetime])
        self._check_seal(form.get("seal", ""), choice)
        return choice

    def _check_seal(self, seal: str, choice: Choice) -> None:
        try:
            question, _, connection = _signer().unsign(seal, max_age=PATIENCE).partition(".")
        except BadSignature as error:
            raise StaleFormError from error
        if not constant_time_compare(question, self._question):
            raise StaleFormError
        # A double click, or a second try after the way back failed: the same answer once more is no other answer.
        if not constant_time_compare(connection, self._standing_of_connection) and not self._is_answered_by(choice):
            raise StaleFormError

    def _is_answered_by(self, choice: Choice) -> bool:
        return self.live is not None and (
            self.live.scope_set == choice.scopes
            and self.live.read_only == choice.read_only
            and LIFETIMES[self.lifetime] == choice.lifetime
        )


def make_offer(user: User, client: Client, resource: ProtectedResource, asked: Iterable[str], occasion: str) -> Offer:
    """The question for this user, with what they allowed the client before."""
    before = find_connection(user, client, resource.uri)
    return Offer(user, client, resource, frozenset(asked), before, occasion, timezone.now())


def _box(scope: Scope, unseen: Mapping[str, ChangedTool], *, is_new: bool = False) -> OfferedScope:
    return OfferedScope(scope, tuple(_tool(tool, unseen.get(tool.name)) for tool in scope.tools), is_new)


def _tool(tool: ToolSummary, unseen: ChangedTool | None) -> OfferedTool:
    if unseen is None:
        return OfferedTool(tool)
    return OfferedTool(tool, "new") if unseen.before is None else OfferedTool(tool, "changed", unseen)


def page_context(offer: Offer, *, asked_again: bool = False) -> dict[str, Any]:
    """What the templates of both pages need."""
    return {
        "offer": offer,
        "client": offer.client,
        "name": clean_text(offer.client.display_name, LONGEST_NAME),
        "resource": offer.resource,
        "standing": standing(offer.client),
        "document_host": host_of(offer.client.client_id),
        "policy_uri": _link(offer.client.policy_uri),
        "tos_uri": _link(offer.client.tos_uri),
        "lifetimes": LIFETIME_WORDS,
        "asked_again": asked_again,
    }


def _link(uri: str) -> str:
    """A client's URI, when people can be sent there: https, never `javascript:`."""
    return uri if uri.startswith("https://") else ""


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="oauth_bridge.consent")


def _digest(*facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
