"""The site of the live tests with a ledger that waits an hour before it writes by itself."""

from tests.clients.settings import *  # noqa: F403
from tests.clients.settings import INSTALLED_APPS as LIVE_APPS

INSTALLED_APPS = [*LIVE_APPS, "tests.mcp_endpoint.ledger.apps.SlowLedgerConfig"]
