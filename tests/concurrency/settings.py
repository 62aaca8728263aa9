"""The site as it is, but for what would slow or stop so many at one address: costly passwords, rates."""

from mcpsite.settings import *  # noqa: F403
from mcpsite.settings import ACCOUNT_RATE_LIMITS as SIGN_IN_RATES
from tests.settings import PASSWORD_HASHERS as PASSWORD_HASHERS

OAUTH_BRIDGE_REGISTRATION_RATE = "1000/h/ip"
# So many people sign in from one address within a second, while the rates of an address are counted one after the
# other. Wrong codes and passwords count against each account as they do on the site.
ACCOUNT_RATE_LIMITS = {**SIGN_IN_RATES, "login": "", "login_failed": "5/5m/key"}
