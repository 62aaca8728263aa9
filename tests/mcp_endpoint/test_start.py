"""The start of the site: every installed app's `mcp.py` is read, and access that ends is heard of."""

from django.apps import apps

from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.state import in_flight
from oauth_bridge.signals import access_ended


def test_the_tools_of_installed_apps_are_there() -> None:
    assert "greet" in endpoints()[0].registry.tools


def test_access_that_ends_is_heard_of_once() -> None:
    apps.get_app_config("mcp_endpoint").ready()
    receivers = [found for found in access_ended._live_receivers(None)[0] if found is in_flight.on_access_ended]
    assert len(receivers) == 1
