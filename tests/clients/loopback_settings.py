"""The same site, which also reads client metadata documents that a test serves on this machine."""

from tests.clients.settings import *  # noqa: F403

OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
