"""The whole examination, in order; what is found is told as soon as it is known."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mcpsite.doctor import browsers, challenge, documents, inside, reach, registering, silence, streams
from mcpsite.doctor.findings import Finding
from mcpsite.doctor.inside import Seen
from mcpsite.doctor.site import NoAnswerError, OutOfTimeError, Site

logger = logging.getLogger(__name__)

Group = Callable[[Site], Iterator[Finding]]

OUTSIDE: tuple[Group, ...] = (
    reach.examine,
    challenge.examine,
    documents.examine,
    registering.examine,
    browsers.examine,
)


@dataclass(frozen=True)
class Patient:
    """What is examined, and with what in hand."""

    url: str
    token: str = ""
    """An access token for it; without one the examination ends where a call would begin."""
    is_own: bool = False
    """It is the site that this process belongs to, so its settings can be looked at too."""
    seen: Seen | None = None
    """A request that came to it through its proxy."""
    seconds: float = 120
    """The longest that all of it may take."""
    wait: float = 5
    """Seconds within which something on an event stream must arrive."""
    hold: float = silence.HOLD
    """Seconds for which a silent event stream is watched; 0 for not at all."""


@dataclass
class Examination:
    """One run: iterate over it for the findings."""

    patient: Patient

    def __iter__(self) -> Iterator[Finding]:
        patient = self.patient
        site = Site(patient.url, seconds=patient.seconds, wait=patient.wait)
        began = time.monotonic()
        if patient.is_own:
            yield from inside.examine(patient.seen)
        try:
            for group in OUTSIDE:
                for finding in _examine(group, site):
                    yield finding
                    if finding.ends:
                        yield _cut_short("what comes after that", "not looked at: mend that first")
                        return
            yield from self._with_token(site)
            if patient.is_own:
                yield from inside.after_requests(patient.seen)
        except OutOfTimeError:
            seconds = time.monotonic() - began
            yield _cut_short("what comes after that", f"not looked at: {seconds:.0f} seconds were over")

    def _with_token(self, site: Site) -> Iterator[Finding]:
        if not self.patient.token:
            yield Finding(
                "skipped",
                "streams",
                "Calls and event streams",
                "not looked at, because that takes a token",
                mend="Run it with --user NAME on the server, or with --token.",
            )
            return
        if not (site.is_private_way and documents.claimed_origin(site) == site.origin):
            yield Finding(
                "skipped",
                "streams",
                "Calls and event streams",
                "not looked at: a token is sent by https alone, and only to a site that knows its own address",
                mend="Mend what is wrong above, and run it again.",
            )
            return
        yield from _examine(lambda site: streams.examine(site, self.patient.token), site)
        yield from _examine(lambda site: silence.examine(site, self.patient.token, self.patient.hold), site)


def _examine(group: Group, site: Site) -> Iterator[Finding]:
    """A group's findings; where no answer came at all, or none that makes sense, that is the last of them."""
    try:
        yield from group(site)
    except NoAnswerError as error:
        yield reach.no_answer(error)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # Whatever answers there may write anything into its documents.
        logger.debug("an answer could not be read", exc_info=error)
        yield Finding(
            "failure",
            "documents.unreadable",
            f"The answers of {site.url}",
            "they are not of the kind that this site gives",
            means="Clients stumble over them.",
            mend="See what answers at that address.",
        )


def _cut_short(asked: str, got: str) -> Finding:
    return Finding("skipped", "unfinished", asked, got, ends=True)
