"""The site itself, with cheap password hashing, as the browser tests run it."""

from mcpsite.settings import *  # noqa: F403
from tests.settings import PASSWORD_HASHERS as PASSWORD_HASHERS

# All of these people sign in, and all of their clients register, from one address.
ACCOUNT_RATE_LIMITS = False
OAUTH_BRIDGE_REGISTRATION_RATE = "1000/h/ip"

ROOT_URLCONF = "tests.browser.urls"

# Some sign in once for a whole run, which may take longer than a sign-in counts as fresh.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 24 * 60 * 60
