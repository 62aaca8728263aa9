"""A host of metadata documents that the operator blocks: whatever its clients have stops working at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from oauth_bridge.bearer import verify
from oauth_bridge.models import Client
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Flow, post_form, works
from tests.oauth_bridge.operator_clients import SECRET, operator_client
from tests.oauth_bridge.protected import RESOURCE

URL = "https://client.example/client.json"


@pytest.fixture
def described(flow: Flow) -> Flow:
    """A client that is known by its document."""
    Client.objects.update(client_id=URL, registration_source=Client.RegistrationSource.CIMD)
    flow.client_id = URL
    return flow


Close = Callable[[], None]


@pytest.fixture(params=[("CIMD_BLOCK", ["client.example"]), ("CIMD_ALLOW", ["other.example"])], ids=str)
def close(request: pytest.FixtureRequest, settings: Any) -> Close:
    """Does what an operator can do to a host: block it, or leave it out of the hosts that are let in."""
    name, hosts = request.param
    return lambda: setattr(settings, f"OAUTH_BRIDGE_{name}", hosts)


def test_an_access_token_is_refused(described: Flow, close: Close) -> None:
    tokens = described.tokens()
    assert works(tokens)
    close()
    assert not works(tokens)


def test_and_works_again_when_the_host_is_let_in_again(described: Flow, settings: Any) -> None:
    tokens = described.tokens()
    settings.OAUTH_BRIDGE_CIMD_BLOCK = [".example"]
    assert not works(tokens)
    settings.OAUTH_BRIDGE_CIMD_BLOCK = []
    assert works(tokens)


def test_a_refresh_token_is_refused(described: Flow, close: Close) -> None:
    tokens = described.tokens()
    close()
    assert described.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"


def test_a_code_is_refused(described: Flow, close: Close) -> None:
    code = described.code()
    close()
    assert described.exchange(code).json()["error"] == "invalid_client"


def test_a_device_that_was_approved_gets_nothing(described: Flow, browser: Browser, close: Close) -> None:
    device = Device.start(browser, register_device(browser))
    device.answered("allow")
    device.client_id = "https://client.example/television.json"
    Client.objects.filter(name="Television").update(client_id=device.client_id)
    close()
    assert device.poll().json()["error"] == "invalid_client"


def test_introspection_knows_nothing_of_its_tokens(described: Flow, close: Close) -> None:
    """RFC 7662 §2.2."""
    server = operator_client(may_introspect=True)
    form = {
        "token": described.tokens()["access_token"],
        "client_id": server.client_id,
        "client_secret": SECRET,
    }
    assert post_form(Browser(), "/introspect", form).json()["active"] is True
    close()
    assert post_form(Browser(), "/introspect", form).json() == {"active": False}


def test_clients_without_a_document_are_no_concern_of_the_lists(flow: Flow, close: Close) -> None:
    tokens = flow.tokens()
    close()
    assert works(tokens)
    assert flow.refresh(tokens["refresh_token"]).status_code == 200


def test_it_costs_no_query(described: Flow, settings: Any) -> None:
    token = described.tokens()["access_token"]
    settings.OAUTH_BRIDGE_CIMD_ALLOW = ["client.example"]
    verify(token, RESOURCE)
    with CaptureQueriesContext(database) as queries:
        verify(token, RESOURCE)
    assert len(queries) == 1


@pytest.mark.parametrize("client_id", ["https://" + "x" * 250, "x" * 300_000])
def test_an_id_that_no_client_can_have_is_not_looked_up(browser: Browser, client_id: str) -> None:
    form = {"client_id": client_id, "grant_type": "refresh_token", "refresh_token": "x"}
    with CaptureQueriesContext(database) as queries:
        assert post_form(browser, "/token", form).json()["error"] == "invalid_client"
    assert not any("client_id" in query["sql"] for query in queries)
