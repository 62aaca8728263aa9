"""The site's own settings with the tools of the benchmarks instead of the demo's."""

from mcpsite.settings import *  # noqa: F403  (all of them, as they are)
from mcpsite.settings import INSTALLED_APPS

INSTALLED_APPS = [*(app for app in INSTALLED_APPS if app != "demo_tools"), "benchmarks.site_tools"]
