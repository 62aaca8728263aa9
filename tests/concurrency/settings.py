"""The site as it is, but for what would slow or stop so many at one address: costly passwords, rates."""

from mcpsite.settings import *  # noqa: F403
from tests.settings import PASSWORD_HASHERS as PASSWORD_HASHERS

OAUTH_BRIDGE_REGISTRATION_RATE = "1000/h/ip"
