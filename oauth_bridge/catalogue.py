"""Tools as a user saw them: kept with the connection, compared with those of today, held back where they differ.

A tool's description and schema are instructions to the client's model, so that whoever changes them after consent
changes what the user agreed to.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from oauth_bridge.conf import tool_review
from oauth_bridge.models import Connection, ToolCatalogue
from oauth_bridge.resources import Definition, ProtectedResource
from oauth_bridge.signals import tools_changed

REVIEWS = ("changed", "all", "off")
"""What is held back: tools that changed; new ones under a granted scope too; nothing."""

SEEN = ("title", "description", "inputSchema", "outputSchema", "annotations")
"""Members of a definition that say what a tool does; icons and the like may change."""

Difference = tuple[str, Definition | None, Definition]
"""A tool's name, its definition as the user saw it (None for one that is new), and as it is now."""

_KEPT = 4096
_held: dict[tuple[str, str, str, str], frozenset[str]] = {}
"""Answers of `held_tools`. They never grow old, because all that they depend on is in the key."""

_TOUCH = 24 * 3600.0
_stored: dict[str, float] = {}
"""When this process last saw to it that a catalogue is in the database, in seconds of the monotonic clock."""


def tools_behind(resource: ProtectedResource, scopes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What these scopes open, by the tool's name: the members of its definition that people are to see."""
    wanted = set(scopes)
    return {
        tool.name: {member: tool.definition[member] for member in SEEN if member in tool.definition}
        for scope in resource.scopes
        if scope.name in wanted
        for tool in scope.tools
    }


def digest_of_tools(resource: ProtectedResource, scopes: Iterable[str]) -> str:
    """Equal as long as these scopes open the same tools with the same definitions."""
    return _digest(tools_behind(resource, scopes))


def keep_catalogue(resource: ProtectedResource, scopes: Iterable[str]) -> str:
    """Store the tools behind these scopes as they are now; returns their digest, the catalogue's primary key.

    Writes once a day for each that is in use: the clean-up leaves alone what was touched lately.
    """
    tools = tools_behind(resource, scopes)
    digest = _digest(tools)
    now = time.monotonic()
    if now - _stored.get(digest, -_TOUCH) >= _TOUCH:
        ToolCatalogue.objects.bulk_create(
            [ToolCatalogue(digest=digest, tools=tools)],
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=["created_at"],
        )
        transaction.on_commit(lambda: _stored.update({digest: now}))
    return digest


def held_tools(connection: Connection, resource: ProtectedResource) -> frozenset[str]:
    """Names of the tools of a connection's scopes that are closed until the user has seen what became of them.

    Asks the database only the first time for each pair of a catalogue and a version of the site's tools. A
    connection without a catalogue, as that of a personal token, holds nothing: no model was shown to anybody.
    """
    review = tool_review()
    if connection.catalogue_id is None or review == "off":
        return frozenset()
    key = (connection.catalogue_id, connection.scopes, resource.tools_version, review)
    held = _held.get(key)
    if held is None:
        held = _held[key] = frozenset(name for name, _, _ in differences(connection, resource))
        if len(_held) > _KEPT:
            _held.clear()
    return held


def differences(connection: Connection, resource: ProtectedResource) -> list[Difference]:
    """What the user has not seen of the tools that are held back, in the order of the scopes."""
    review = tool_review()
    if review == "off":
        return []
    return [
        (name, before, after)
        for name, before, after in unseen_tools(connection, resource)
        if before is not None or review == "all"
    ]


def unseen_tools(connection: Connection, resource: ProtectedResource) -> list[Difference]:
    """What of the tools of a connection's scopes is not as its user saw it, new ones included, held back or not."""
    if connection.catalogue is None:
        return []
    return _unseen(connection.catalogue, tools_behind(resource, connection.scope_set))


def has_seen_all(connection: Connection, resource: ProtectedResource) -> bool:
    """Whether nothing became of the tools since the user saw them, or nobody has to see it."""
    if tool_review() == "off":
        return True
    return connection.catalogue_id is not None and not unseen_tools(connection, resource)


def mark_seen(connection: Connection, resource: ProtectedResource, seen: str | None = None) -> bool:
    """Write down that the user has seen the tools of a connection, which opens those that were held back.

    `seen` is the `digest_of_tools` of what they were shown: false, and nothing is done, when the tools are others by
    now. Clients are told to list the tools anew.
    """
    if seen is not None and seen != digest_of_tools(resource, connection.scope_set):
        return False
    with transaction.atomic():
        connection.catalogue_id = keep_catalogue(resource, connection.scope_set)
        connection.save(update_fields=["catalogue"])
        announce_tools(connection.user_id, connection.resource)
    return True


def announce_tools(user_id: int, resource: str) -> None:
    """Tell the rooms above, once the transaction is committed, that other tools are open to this user's clients."""
    transaction.on_commit(
        lambda: tools_changed.send(sender=Connection, user_id=user_id, resource=resource), robust=True
    )


def _unseen(catalogue: ToolCatalogue, tools: dict[str, dict[str, Any]]) -> list[Difference]:
    return [
        (name, catalogue.tools.get(name), definition)
        for name, definition in tools.items()
        if catalogue.tools.get(name) != definition
    ]


def _digest(tools: dict[str, dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(tools, sort_keys=True).encode()).hexdigest()
