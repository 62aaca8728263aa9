"""The site with one more tools app, as a live server of these tests runs it."""

from mcpsite.settings import *  # noqa: F403
from mcpsite.settings import INSTALLED_APPS as SITE_APPS

INSTALLED_APPS = [*SITE_APPS, "tests.clients.lab"]
