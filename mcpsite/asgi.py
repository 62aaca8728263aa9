"""The ASGI application: protocol paths to the MCP Endpoint, everything else to Django."""

import gc
import os
import sys
from typing import Any, cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mcpsite.settings")
django_application = get_asgi_application()

# Django must be set up before any of these is imported.
from channels.routing import ProtocolTypeRouter  # noqa: E402  (see above)
from django.conf import settings  # noqa: E402  (see above)

from mcp_endpoint.lifespan import lifespan  # noqa: E402  (see above)
from mcp_endpoint.routing import by_path  # noqa: E402  (see above)
from mcp_endpoint.state.hearing import hearing  # noqa: E402  (see above)
from mcp_endpoint.stop import waited_for, watch_signals  # noqa: E402  (see above)
from mcpsite.siblings import warn_of_siblings  # noqa: E402  (see above)

BEFORE_A_WHOLE_COLLECTION = 100
"""Collections of what is new, and newer, before one of everything that calls left; Python's own number is 10."""


def started() -> None:
    """Called on the event loop of the server when it runs."""
    watch_signals()
    warn_of_siblings()
    if settings.REDIS_URL:
        hearing().join()
    _collect_garbage_seldom()


def _collect_garbage_seldom() -> None:
    """Look through what is no garbage as seldom as can be: meanwhile nobody is answered."""
    gc.collect()
    gc.freeze()  # what is there by now stays
    newest, newer, _ = gc.get_threshold()
    gc.set_threshold(newest, newer, BEFORE_A_WHOLE_COLLECTION)


pages = waited_for(cast(Any, django_application))
application = ProtocolTypeRouter({"http": cast(Any, by_path(pages)), "lifespan": cast(Any, lifespan(started))})
# Daphne speaks no lifespan. It has made the reactor that it runs before it imports this module; under another server
# that reactor never runs.
if (reactor := cast(Any, sys.modules.get("twisted.internet.reactor"))) is not None:
    reactor.callLater(0, started)
