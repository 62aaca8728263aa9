"""What nobody needs any more is deleted: clients that were never used, credentials that have expired."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from oauth2_provider.models import Grant, clear_expired

from oauth_bridge.conf import configuration
from oauth_bridge.models import (
    Client,
    Connection,
    ConnectionAccessToken,
    ConnectionRefreshToken,
    DeviceAuthorization,
    RedeemedCode,
    SpentAssertion,
    ToolCatalogue,
)

CATALOGUE_AGE = timedelta(days=7)


def unused_clients() -> QuerySet[Client]:
    """Clients that made themselves known, or stand for a personal token, and have no live connection, nor had lately.

    A paused connection is live: somebody may resume it. What an operator made, approved, or switched off by its
    document's URL stays; the last would come back switched on.
    """
    conf = configuration()
    now = timezone.now()
    never, ended = (now - timedelta(seconds=age) for age in (conf.unused_client_seconds, conf.ended_client_seconds))
    connections = Connection.objects.filter(client=OuterRef("pk"))
    # A revocation marks its client as updated, so that the time counts from there.
    live = (
        connections.exclude(state=Connection.State.REVOKED)
        .exclude(expires_at__lt=ended)
        .exclude(pk__in=abandoned_connections(ended))
    )
    pending = Grant.objects.filter(application=OuterRef("pk"), expires__gt=now)
    waiting = DeviceAuthorization.objects.filter(client=OuterRef("pk"), expires_at__gt=now)
    return (
        Client.objects.filter(created__lt=never, updated__lt=never, trust=Client.Trust.UNKNOWN, acts_as=None)
        .filter(
            Q(registration_source=Client.RegistrationSource.DCR)
            | Q(registration_source=Client.RegistrationSource.CIMD, disabled=False)
            | Q(personal_token__isnull=False)
        )
        .exclude(Exists(live))
        .exclude(Exists(pending))
        .exclude(Exists(waiting))
        .filter(Q(updated__lt=ended) | ~Exists(connections), may_introspect=False)
    )


def abandoned_connections(since: datetime) -> QuerySet[Connection]:
    """Active connections whose last token has expired and was cleared away, and that nobody used or renewed since."""
    return Connection.objects.filter(
        ~Exists(ConnectionAccessToken.objects.filter(connection=OuterRef("pk"))),
        ~Exists(ConnectionRefreshToken.objects.filter(connection=OuterRef("pk"))),
        Q(last_used_at=None) | Q(last_used_at__lt=since),
        state=Connection.State.ACTIVE,
        consented_at__lt=since,
    )


def clear_unused_clients(limit: int | None = None) -> int:
    """Delete unused clients, the oldest first and at most so many; how many there were."""
    chosen = list(unused_clients().order_by("created").values_list("pk", flat=True)[:limit])
    # Asked again: somebody may have consented to one of them since.
    deleted = 0
    for start in range(0, len(chosen), 500):
        _, by_model = unused_clients().filter(pk__in=chosen[start : start + 500]).delete()
        deleted += by_model.get(Client._meta.label, 0)
    return deleted


def clear_expired_credentials() -> dict[str, int]:
    """Delete what can be neither used nor misused any more; how many there were, by kind.

    Revoked refresh tokens stay until they would have expired: they are how reuse is noticed.
    """
    now = timezone.now()
    spent = now - timedelta(seconds=configuration().spent_code_seconds)
    cleared = {
        "authorization codes": Grant.objects.filter(expires__lt=now),
        "redeemed codes": RedeemedCode.objects.filter(redeemed_at__lt=spent),
        "device codes": DeviceAuthorization.objects.filter(expires_at__lt=now),
        "client assertions": SpentAssertion.objects.filter(expires_at__lt=now),
        # One that a consent may refer to at this moment was touched within a day.
        "tool catalogues": ToolCatalogue.objects.filter(connections=None, created_at__lt=now - CATALOGUE_AGE),
    }
    counts = {kind: queryset.delete()[0] for kind, queryset in cleared.items()}
    clear_expired()  # access and refresh tokens, in the toolkit's way: in batches
    return counts
