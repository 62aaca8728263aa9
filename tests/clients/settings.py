"""The site with one more tools app and cheap password hashing, as a live server of these tests runs it."""

from mcpsite.settings import *  # noqa: F403
from mcpsite.settings import INSTALLED_APPS as SITE_APPS
from tests.settings import PASSWORD_HASHERS as PASSWORD_HASHERS

INSTALLED_APPS = [*SITE_APPS, "tests.clients.lab"]
# All of these people sign in from one address, some hundred times a minute.
ACCOUNT_RATE_LIMITS = False
# So do their clients register from one.
OAUTH_BRIDGE_REGISTRATION_RATE = "1000/h/ip"
