"""The site of the tests of clients with one more tools app, for tests of limits and of the stop."""

from mcpsite.settings import ACCOUNT_RATE_LIMITS as SIGN_IN_RATES
from tests.clients.settings import *  # noqa: F403
from tests.clients.settings import INSTALLED_APPS as CLIENTS_APPS

INSTALLED_APPS = [*CLIENTS_APPS, "tests.scale.workshop"]
# Tries to sign in are counted, as on a real site: these tests sign in seldom.
ACCOUNT_RATE_LIMITS = SIGN_IN_RATES
