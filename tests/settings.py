"""Settings for tests: the site's own, with a fixed key and cheap password hashing."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only-" + "0" * 50)
os.environ.setdefault("PUBLIC_URL", "http://localhost:8000")

from mcpsite.settings import *  # noqa: F403

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "oauth_bridge.hashers.ClientSecretHasher",
]
# Each test client builds the middleware; it need not go through all static files for that.
WHITENOISE_AUTOREFRESH = True
# What is counted needs no database in tests that have none; live servers count in theirs.
CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in ("default", "fetched")}
# Tests that are about the ledger switch it on; the others need no database for a call.
MCP_LEDGER = "off"
# The same of attempts to connect.
OAUTH_BRIDGE_ATTEMPTS = False
# Tests register from one address; those of the rates set their own.
OAUTH_BRIDGE_REGISTRATION_RATE = OAUTH_BRIDGE_REGISTRATION_RATE_ALL = "1000000/h"
