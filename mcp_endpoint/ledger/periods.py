"""Years, months and days to choose from above the ledger.

Django's own asks the database for the distinct ones, which reads every row; these lie between the first and the last.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.admin.views.main import ChangeList
from django.utils import timezone
from django.utils.formats import date_format

from mcp_endpoint.models import ToolCall

FIELD = "called_at"

Link = dict[str, str]


@dataclass(frozen=True, slots=True)
class Periods:
    """What Django's template for them is given."""

    show: bool
    back: Link | None
    choices: list[Link]


def periods(shown: ChangeList) -> Periods:
    """One step finer than what is chosen, within the time of the whole ledger."""
    span = _span()
    if span is None:
        return Periods(False, None, [])
    first, last = span
    year, month, day = (int(shown.params.get(f"{FIELD}__{part}") or 0) for part in ("year", "month", "day"))
    chosen = bool(year)
    if not chosen and first.year == last.year:
        year = first.year
        month = first.month if first.month == last.month else 0

    def link(title: str, **parts: int) -> Link:
        asked = {f"{FIELD}__{part}": value for part, value in parts.items()}
        return {"title": title, "link": shown.get_query_string(asked, [f"{FIELD}__"])}

    if not year:
        return Periods(True, None, [link(str(each), year=each) for each in range(first.year, last.year + 1)])
    if not month:
        back = link("All dates") if chosen else None
        return Periods(True, back, _months(year, first, last, link))
    if not day:
        return Periods(True, link(str(year), year=year), _days(year, month, first, last, link))
    title = date_format(date(year, month, day), "MONTH_DAY_FORMAT")
    back = link(date_format(date(year, month, 1), "YEAR_MONTH_FORMAT"), year=year, month=month)
    return Periods(True, back, [{"title": title}])


def _months(year: int, first: date, last: date, link: Callable[..., Link]) -> list[Link]:
    return [
        link(date_format(date(year, month, 1), "YEAR_MONTH_FORMAT"), year=year, month=month)
        for month in range(1, 13)
        if (first.year, first.month) <= (year, month) <= (last.year, last.month)
    ]


def _days(year: int, month: int, first: date, last: date, link: Callable[..., Link]) -> list[Link]:
    days = (date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1))
    return [
        link(date_format(day, "MONTH_DAY_FORMAT"), year=year, month=month, day=day.day)
        for day in days
        if first <= day <= last
    ]


def _span() -> tuple[date, date] | None:
    """Days of the first and of the last call, by the index on time."""
    moments = ToolCall.objects.order_by(FIELD).values_list(FIELD, flat=True)
    first, last = moments.first(), moments.last()
    return None if first is None or last is None else (_day(first), _day(last))


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
