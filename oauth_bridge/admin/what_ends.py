"""What an action would end, counted and named for the operator who is about to do it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from oauth_bridge.models import Connection, DeviceAuthorization

NAMED = 10
"""Rows that are called by their names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Ending:
    """So many rows of one kind."""

    count: int
    what: str
    names: Sequence[str] = ()

    @property
    def unnamed(self) -> int:
        """How many more there are than names."""
        return self.count - len(self.names) if self.names else 0


def counted(rows: QuerySet[Any], name: Callable[[Any], str] | None = None) -> Ending:
    """Rows by their number, the first of them by name too."""
    count, options = rows.count(), rows.model._meta
    what = options.verbose_name if count == 1 else options.verbose_name_plural
    return Ending(count, str(what), [name(row) for row in rows[:NAMED]] if name else ())


def ending_with(connections: QuerySet[Connection]) -> list[Ending]:
    """What goes with connections: they themselves, their tokens, and the codes and devices that wait for some.

    As many queries for one connection as for all.
    """
    now = timezone.now()
    theirs = {"connection_link__connection__in": connections.values("pk")}
    same_user = Connection.objects.filter(pk__in=connections.values("pk"), user=OuterRef("user"))
    live = connections.exclude(state=Connection.State.REVOKED).select_related("user", "client").order_by("-pk")
    return without_none(
        counted(live, str),
        counted(AccessToken.objects.filter(**theirs, expires__gt=now)),
        counted(RefreshToken.objects.filter(**theirs, revoked=None)),
        counted(Grant.objects.filter(Exists(same_user.filter(client=OuterRef("application"))), expires__gt=now)),
        counted(
            DeviceAuthorization.objects.filter(Exists(same_user.filter(client=OuterRef("client"))), expires_at__gt=now)
        ),
    )


def ending_with_families(families: QuerySet[Any], access_tokens: QuerySet[AccessToken]) -> list[Ending]:
    """What goes with token families, which are the tokens of one grant each, and with access tokens beside them."""
    access = Q(refresh_token__token_family__in=families) | Q(pk__in=access_tokens.values("pk"))
    return without_none(
        counted(AccessToken.objects.filter(access, expires__gt=timezone.now())),
        counted(RefreshToken.objects.filter(token_family__in=families, revoked=None)),
    )


def without_none(*endings: Ending) -> list[Ending]:
    """Those that there are any of."""
    return [each for each in endings if each.count]
