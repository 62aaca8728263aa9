"""Finds out whether other processes serve this site: without a Redis they do not hear each other."""

import hashlib
import logging
import multiprocessing
import socket
import sys
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

WARNING = (
    "Another process serves this site without REDIS_URL, so they do not hear each other: a session that begins "
    "in one is unknown in the other, and what is revoked in one does not end streams in the other. Set REDIS_URL, or "
    "run one process. Until then, only clients without sessions are served well: those of 2026-07-28, and all of them "
    "with MCP_SESSIONS=false."
)

_held: list[socket.socket] = []
"""Kept open for as long as the process lives."""


def warn_of_siblings() -> None:
    """Say in the log that this process is not alone, where that matters."""
    if not settings.REDIS_URL and is_another_here():
        logger.warning(WARNING)


def is_another_here() -> bool:
    """Whether another process of this host serves this site: the same public URL from the same database.

    The first one binds a name that Linux gives to one process at a time and takes back when it ends; nothing is left
    on disk. Elsewhere it is only known that uvicorn started this process as one of several.
    """
    if sys.platform != "linux":
        return multiprocessing.parent_process() is not None
    name = f"\0mcp-site-{_fingerprint()}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(name)
    except OSError:
        listener.close()
        return True
    _held.append(listener)
    return False


def _fingerprint() -> str:
    database: dict[str, Any] = settings.DATABASES["default"]
    parts = [settings.PUBLIC_URL, *(str(database.get(part, "")) for part in ("ENGINE", "HOST", "PORT", "NAME"))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
