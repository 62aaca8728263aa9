"""Letters that nobody waits for: the mail server neither delays a page nor tells by its time whom it knows."""

import logging
import threading

from django.core.mail import EmailMessage
from django.db import transaction

logger = logging.getLogger(__name__)


def send_later(letter: EmailMessage, what: str) -> None:
    """Send it once the transaction is committed, if there is one; `what` it is stands in the log when that fails."""
    # No daemon: a server that stops waits until the letter is out, or EMAIL_TIMEOUT is over.
    thread = threading.Thread(target=_send, args=(letter, what), name="letter")
    transaction.on_commit(thread.start)


def _send(letter: EmailMessage, what: str) -> None:
    try:
        letter.send()
    except Exception:
        # Nobody is refused access or told of a failure because the mail server is away.
        logger.exception("%s was not sent.", what)
