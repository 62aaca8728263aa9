"""The site as its deployment runs it, with the tools of this test and cheap passwords."""

from mcpsite.settings import *  # noqa: F403
from mcpsite.settings import INSTALLED_APPS as SITE_APPS
from tests.settings import PASSWORD_HASHERS as PASSWORD_HASHERS

INSTALLED_APPS = [*SITE_APPS, "tests.scale.chaos"]
ACCOUNT_RATE_LIMITS = False
