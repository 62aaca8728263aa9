"""Takes events off the requests that they tell of. Whatever happens here, no request fails for it."""

import atexit
import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from oauth_bridge.attempts.event import Event
from oauth_bridge.attempts.limits import Limiter
from oauth_bridge.attempts.matching import write
from oauth_bridge.background_writer import BackgroundWriter, Words
from oauth_bridge.conf import keeps_attempts

logger = logging.getLogger(__name__)

P = ParamSpec("P")

BATCH = 50
"""Steps written in one transaction: each is a few statements, and SQLite keeps other writers waiting meanwhile."""

writer: BackgroundWriter[Event] = BackgroundWriter(
    write, lambda event: f"A step ({event.step.label})", Words("flight recorder", "steps"), BATCH
)
"""The one of this process."""
limiter = Limiter()


def note(event: Event) -> None:
    """Have an event written down, soon; one of a stranger only while there are not too many."""
    if not event.is_anonymous or limiter.lets_in(event.origin.address, event.at):
        writer.add(event)


def reporting(report: Callable[P, None]) -> Callable[P, None]:
    """A report is made where attempts are kept, and fails no request, whatever is wrong with it."""

    @wraps(report)
    def made(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            if keeps_attempts():
                report(*args, **kwargs)
        except Exception:
            logger.exception("A step of an attempt to connect was not written down.")

    return made


def stop() -> None:
    """Write down what is left. Blocks until it is committed."""
    writer.stop()


# Where no lifespan tells that the server ends.
atexit.register(stop)
