"""How many clients may register themselves, counted in the table that all processes share."""

import math
import re
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Aggregate, Count, Min, Q
from django.utils import timezone

from oauth_bridge.conf import configuration
from oauth_bridge.models import Client

_RATE = re.compile(r"(?P<amount>\d{1,9})/(?P<times>\d{0,6})(?P<unit>[smhd])(?:/ip)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds."""

    amount: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """A rate as allauth writes it, such as "20/h/ip" or "5/10m"; raises ValueError."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a rate such as 20/h.")
    rate = Rate(int(found["amount"]), int(found["times"] or 1) * _SECONDS[found["unit"]])
    if rate.seconds == 0:
        raise ValueError(f"{text!r} has a period of zero.")
    return rate


def seconds_until_registration(address: str | None) -> int:
    """Seconds until a client may register from this address; 0 when it may now.

    Requests that are answered at the same moment do not see each other's rows: a rate can be exceeded by them.
    """
    conf = configuration()
    now = timezone.now()
    here = Q(registered_from=address) if address is not None else Q(registered_from__isnull=True)
    rates = {"here": (_in_force(conf.registration_rate), here), "all": (_in_force(conf.registration_rate_all), Q())}
    longest = max(rate.seconds for rate, _ in rates.values())
    counts: dict[str, Aggregate] = {}
    for name, (rate, which) in rates.items():
        recent = which & Q(created__gt=now - timedelta(seconds=rate.seconds))
        counts[f"{name}_count"] = Count("pk", filter=recent)
        counts[f"{name}_first"] = Min("created", filter=recent)
    since = now - timedelta(seconds=longest)
    registered = Client.objects.filter(registration_source=Client.RegistrationSource.DCR, created__gt=since)
    found = registered.aggregate(**counts)
    waits = [
        (found[f"{name}_first"] or now) + timedelta(seconds=rate.seconds) - now
        for name, (rate, _) in rates.items()
        if found[f"{name}_count"] >= rate.amount
    ]
    return max((max(1, math.ceil(wait.total_seconds())) for wait in waits), default=0)


def is_room_for_documents() -> bool:
    """Whether clients may still make themselves known by metadata documents: as many as may register, counted apart.

    Each is a row that all processes share, and that the clean-up deletes when nobody allows it anything.
    """
    rate = _in_force(configuration().registration_rate_all)
    since = timezone.now() - timedelta(seconds=rate.seconds)
    known = Client.objects.filter(registration_source=Client.RegistrationSource.CIMD, created__gt=since)
    return known.count() < rate.amount


def _in_force(text: str) -> Rate:
    try:
        return parse_rate(text)
    except ValueError:
        return Rate(0, _SECONDS["h"])  # as the system check says: closed, until it can be read
