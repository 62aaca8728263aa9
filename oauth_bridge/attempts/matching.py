"""Which attempt an event belongs to, and what it makes of it.

Joined is only what can be tied together honestly: requests of one address and user agent within minutes, the client
that was registered from there, the authorization request by its PKCE challenge, the connection by its token. Where
several could be meant, attempts are left apart.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from oauth2_provider.models import Grant

from oauth_bridge.attempts.event import Event, request_key
from oauth_bridge.attempts.limits import MOST_ROWS, ROWS_PER_ADDRESS
from oauth_bridge.attempts.reasons import reason
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.conf import configuration
from oauth_bridge.models import Client, ConnectionAttempt, RedeemedCode
from oauth_bridge.models.attempt import Step

TOGETHER = timedelta(minutes=30)
"""Within it, requests of one program belong to one attempt."""
A_DAY = timedelta(days=1)
"""Within it, somebody who was sent to sign in has answered, or the attempt is over."""
JUST_NOW = timedelta(minutes=1)
"""So soon after its first call, a refusal still is of the attempt to connect."""
AN_HOUR = timedelta(hours=1)
LONGEST_TIMELINE = 30
DELETED_AT_ONCE = 1_000

DONE: dict[Step, str] = {
    Step.NONE: "Called without a token, and was told where to ask for one",
    Step.DISCOVERY: "Read a document",
    Step.REGISTRATION: "Registered",
    Step.AUTHORIZE: "Sent somebody to the authorization page",
    Step.SIGN_IN: "Somebody who is signed in came back to it, and was asked",
    Step.CONSENT: "Was allowed, and sent back with a code",
    Step.TOKEN: "Was given a token",
    Step.CALL: "Made a call with it",
}


def write(events: Sequence[Event]) -> None:
    """Write events down in one transaction, in their order."""
    with transaction.atomic():
        waiting = _waiting_for_a_call(events)
        made = 0
        for event in events:
            if event.step == Step.CALL and not event.problem and event.connection_id not in waiting:
                continue
            made += _apply(event)
        if made:
            _trim()


def clear_old_attempts() -> int:
    """Delete attempts older than `OAUTH_ATTEMPT_DAYS`; how many there were."""
    days = configuration().attempt_days
    if days <= 0:
        return 0
    old = ConnectionAttempt.objects.filter(updated_at__lt=timezone.now() - timedelta(days=days)).order_by("pk")
    deleted = 0
    while now := ConnectionAttempt.objects.filter(pk__in=old.values("pk")[:DELETED_AT_ONCE]).delete()[0]:
        deleted += now
    return deleted


def _waiting_for_a_call(events: Sequence[Event]) -> set[int]:
    """Of all connections that were used, those whose attempt is not at its end: one query for the whole batch."""
    used = {event.connection_id for event in events if event.step == Step.CALL and not event.problem}
    if not used:
        return set()
    given = {event.connection_id for event in events if event.step == Step.TOKEN and event.connection_id in used}
    rows = ConnectionAttempt.objects.filter(connection_id__in=used).exclude(reached=Step.CALL, failed=False)
    return {pk for pk in (*rows.values_list("connection_id", flat=True), *given) if pk is not None}


def _apply(event: Event) -> bool:
    """Whether a row was made."""
    now = datetime.fromtimestamp(event.at, UTC)
    attempt = _find(event, now)
    client = _client(event) if event.client_id else None
    if attempt is None:
        if event.step == Step.CALL or _is_flooded(event, now):
            return False
        attempt = ConnectionAttempt(
            started_at=now, address=event.origin.address, user_agent=event.origin.user_agent, updated_at=now
        )
    elif _is_late(event, attempt, now):
        return False
    is_new = attempt.pk is None
    if event.step == Step.TOKEN and not event.problem:
        _absorb(attempt, event, now)
    _identify(attempt, event, client)
    _advance(attempt, event, client, now)
    attempt.save()
    return is_new


def _find(event: Event, now: datetime) -> ConnectionAttempt | None:
    rows = ConnectionAttempt.objects.select_for_update().order_by("-updated_at", "-pk")
    recent = rows.filter(updated_at__gt=now - TOGETHER)
    here = recent.filter(address=event.origin.address, user_agent=event.origin.user_agent)
    if event.code and (found := _find_by_code(event, rows)) is not None:
        return found
    if event.key:
        open_rows = rows.filter(request_key=event.key, updated_at__gt=now - A_DAY)
        if event.step < Step.TOKEN:
            # A program that uses one challenge for ever begins anew.
            open_rows = open_rows.filter(reached__lt=Step.TOKEN)
        return open_rows.first() or (_find_sender(event, recent) if event.step < Step.TOKEN else None)
    if event.connection_id is not None:
        return rows.filter(connection_id=event.connection_id).first()
    if event.step == Step.CALL:
        return here.filter(reached=Step.TOKEN).first()
    if event.step == Step.TOKEN and not event.client_id:
        few = list(here.filter(reached__gte=Step.REGISTRATION).exclude(reached=Step.CALL, failed=False)[:2])
        return few[0] if len(few) == 1 else None
    if event.step == Step.TOKEN:
        return here.filter(client_id=event.client_id).exclude(reached=Step.CALL, failed=False).first()
    if event.step == Step.AUTHORIZE:
        return here.filter(client_id=event.client_id, reached__lt=Step.SIGN_IN).first()
    unclaimed = here.filter(request_key="", reached__lte=Step.REGISTRATION)
    if event.step == Step.REGISTRATION:
        return unclaimed.filter(client_id__in=("", event.client_id)).first()
    return unclaimed.filter(client_id="").first()


def _find_by_code(event: Event, rows: QuerySet[ConnectionAttempt]) -> ConnectionAttempt | None:
    """The attempt of a code that was refused: it is there still, or was used before."""
    grant = Grant.objects.filter(code=event.code, application__client_id=event.client_id).first()
    if grant is not None:
        return rows.filter(request_key=request_key(event.client_id, grant.code_challenge)).first()
    used = RedeemedCode.objects.filter(digest=event.code, connection__client__client_id=event.client_id).first()
    return None if used is None else rows.filter(connection_id=used.connection_id).first()


def _find_sender(event: Event, recent: QuerySet[ConnectionAttempt]) -> ConnectionAttempt | None:
    """The registration of the client that sent somebody here: from the same address, or else the only one."""
    registered = recent.filter(client_id=event.client_id, request_key="", reached=Step.REGISTRATION)
    few = list(registered[:10])
    near = [row for row in few if row.address == event.origin.address]
    return near[0] if near else few[0] if len(few) == 1 else None


def _is_flooded(event: Event, now: datetime) -> bool:
    if not event.is_anonymous:
        return False
    strangers = ConnectionAttempt.objects.filter(
        address=event.origin.address, updated_at__gt=now - AN_HOUR, user_id=None, connection_id=None
    )
    return strangers.count() >= ROWS_PER_ADDRESS


def _is_late(event: Event, attempt: ConnectionAttempt, now: datetime) -> bool:
    """Whether it tells of daily life: what is connected gets refusals too."""
    if event.step != Step.CALL or not attempt.is_connected:
        return False
    return not event.problem or now - attempt.updated_at > JUST_NOW


def _client(event: Event) -> Client | None:
    if "\0" in event.client_id:
        return None
    return Client.objects.filter(client_id=event.client_id).first()


def _absorb(attempt: ConnectionAttempt, event: Event, now: datetime) -> None:
    """Take in what the same program did before its user came by a browser, which looks like somebody else."""
    before = ConnectionAttempt.objects.filter(
        Q(client_id="") | Q(client_id=event.client_id),
        address=event.origin.address,
        user_agent=event.origin.user_agent,
        request_key="",
        reached__lte=Step.REGISTRATION,
        updated_at__gt=now - TOGETHER,
    ).exclude(pk=attempt.pk)
    chosen = {row.client_id: row for row in before.order_by("updated_at")}  # the latest of each
    for row in chosen.values():
        attempt.timeline = sorted([*row.timeline, *attempt.timeline], key=lambda entry: str(entry["at"]))
        if row.started_at <= attempt.started_at:
            attempt.started_at, attempt.address, attempt.user_agent = row.started_at, row.address, row.user_agent
        row.delete()


def _identify(attempt: ConnectionAttempt, event: Event, client: Client | None) -> None:
    """Fill in who it is, as far as that is known now."""
    if event.client_id:
        attempt.client_id = clean_text(event.client_id)
    if client is not None:
        attempt.client_name = client.display_name
    if event.user_id is not None:
        attempt.user_id, attempt.user_name = event.user_id, event.user_name
    if event.connection_id is not None:
        attempt.connection_id = event.connection_id
    if event.resource:
        attempt.resource = event.resource
    if event.key:
        attempt.request_key = event.key


def _advance(attempt: ConnectionAttempt, event: Event, client: Client | None, now: datetime) -> None:
    problem = reason(event, client) if event.problem else ""
    if problem and event.step == Step.DISCOVERY <= attempt.reached:
        pass  # clients look in several places, and found what they need
    elif problem:
        attempt.failed, attempt.step, attempt.reason = True, event.step, problem
    else:
        attempt.reached = max(attempt.reached, event.step)
        if event.step >= attempt.step:
            attempt.failed, attempt.reason = False, ""
            attempt.step = min(event.step + 1, Step.CALL)
    attempt.updated_at = max(attempt.updated_at, now)
    text = problem or event.text or DONE[event.step]
    entry: dict[str, Any] = {
        "at": now.isoformat(timespec="milliseconds"),
        "step": event.step.label if event.step else "First request",
        "done": not problem,
        "text": text,
    }
    last = attempt.timeline[-1] if attempt.timeline else None
    if last is not None and (last["text"], last["done"]) == (text, entry["done"]):
        last["times"] = last.get("times", 1) + 1
    elif len(attempt.timeline) < LONGEST_TIMELINE:
        attempt.timeline = [*attempt.timeline, entry]
    else:
        attempt.timeline = [*attempt.timeline[: LONGEST_TIMELINE - 1], entry]


def _trim() -> None:
    """Make room: what never got far goes first."""
    over = ConnectionAttempt.objects.count() - MOST_ROWS
    if over <= 0:
        return
    rows = ConnectionAttempt.objects.order_by("updated_at")
    least = rows.filter(reached__lte=Step.DISCOVERY).values_list("pk", flat=True)
    going = list(least[: over + DELETED_AT_ONCE])
    if len(going) < over:
        going += list(rows.exclude(pk__in=going).values_list("pk", flat=True)[: over - len(going)])
    ConnectionAttempt.objects.filter(pk__in=going).delete()
