"""Settings of the conformance fixture server: one tools app, and an endpoint that asks for no token."""

import os
import secrets

os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))

from mcpsite.settings import *  # noqa: F403  (the site's settings read SECRET_KEY on import)
from mcpsite.settings import INSTALLED_APPS as SITE_APPS

INSTALLED_APPS = [*(app for app in SITE_APPS if app != "demo_tools"), "tests.conformance"]
MCP_AUTHENTICATOR = "tests.conformance.authenticator.admit_anybody"
# Required scenarios of 2025-11-25 need a session, whatever this machine's .env says.
MCP_SESSIONS = True
