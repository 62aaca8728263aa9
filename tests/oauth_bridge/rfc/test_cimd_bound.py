"""How many clients may make themselves known by a metadata document."""

from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from oauth_bridge.models import Client
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.rfc.test_cimd import URL, Publish
from tests.oauth_bridge.rfc.test_cimd import _no_backoff as _no_backoff
from tests.oauth_bridge.rfc.test_cimd import publish as publish


def test_no_more_become_known_than_may_register(settings: Any, publish: Publish, browser: Browser) -> None:
    settings.OAUTH_BRIDGE_REGISTRATION_RATE_ALL = "1/h"
    other = "https://other.example/client.json"
    fetched = publish()
    publish(other)
    assert Flow(browser, URL).tokens()
    assert browser.get(Flow(browser, other).authorize_url()).status_code == 400
    Client.objects.update(cimd_expires_at=timezone.now())
    assert Flow(browser, URL).tokens()  # what is known is read again all the same
    assert fetched == [URL, URL]
