"""Tokens, codes and waiting devices in Django admin: revoked one by one, by grant, or by user."""

from typing import Any

import pytest
from django.test import Client as Browser
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from oauth_bridge.models import Connection, DeviceAuthorization
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Flow, error, works
from tests.oauth_bridge.operator import act, clerk, history, offered, superuser, url_of


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


@pytest.mark.parametrize("model", [AccessToken, RefreshToken])
def test_a_grant_is_revoked_with_all_its_tokens(operator: Browser, flow: Flow, model: Any) -> None:
    tokens = flow.tokens()
    row = model.objects.get()
    act(operator, model, "revoke")
    assert not works(tokens)
    assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert len(history(row)) == 1


@pytest.mark.parametrize("model", [AccessToken, RefreshToken, Grant, DeviceAuthorization])
def test_each_leads_to_its_connection(operator: Browser, flow: Flow, model: Any) -> None:
    flow.tokens()
    flow.code()
    device = Device.start(flow.browser, register_device(flow.browser))
    device.answered("allow")
    client_id = device.client_id if model is DeviceAuthorization else flow.client_id
    page = operator.get(url_of(model, "change", model.objects.get().pk))
    connection = Connection.objects.get(client__client_id=client_id)
    assert url_of(Connection, "change", connection.pk).encode() in page.content


@pytest.mark.parametrize("model", [AccessToken, RefreshToken])
def test_what_became_of_its_token_is_in_a_connections_history(operator: Browser, flow: Flow, model: Any) -> None:
    flow.tokens()
    act(operator, model, "revoke_one")
    token = model._meta.verbose_name
    assert history(Connection.objects.get()) == [f"operator: Revoked alone: {token}."]


def test_one_grant_of_a_connection_leaves_the_other(operator: Browser, flow: Flow) -> None:
    first, second = flow.tokens(), flow.tokens()
    act(operator, RefreshToken, "revoke", RefreshToken.objects.order_by("pk").first().pk)
    assert (works(first), works(second)) == (False, True)


def test_an_access_token_is_revoked_alone(operator: Browser, flow: Flow) -> None:
    tokens = flow.tokens()
    act(operator, AccessToken, "revoke_one")
    assert not works(tokens)
    assert works(flow.refresh(tokens["refresh_token"]).json())


def test_a_refresh_token_is_revoked_alone(operator: Browser, flow: Flow) -> None:
    tokens = flow.tokens()
    act(operator, RefreshToken, "revoke_one")
    assert works(tokens)
    assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize("order", [(AccessToken, RefreshToken), (RefreshToken, AccessToken)])
def test_the_last_token_takes_its_connection_along(operator: Browser, flow: Flow, order: list[Any]) -> None:
    flow.tokens()
    for model in order:
        act(operator, model, "revoke_one")
    assert Connection.objects.get().state == Connection.State.REVOKED


@pytest.mark.parametrize("model", [AccessToken, RefreshToken, Grant, DeviceAuthorization])
def test_everything_of_a_user_is_revoked(operator: Browser, flow: Flow, model: Any) -> None:
    tokens = flow.tokens()
    code = flow.code()
    device = Device.start(flow.browser, register_device(flow.browser))
    device.answered("allow")
    act(operator, model, "revoke_users", model.objects.first().pk)
    assert not works(tokens)
    assert error(flow.exchange(code)) == "invalid_grant"
    assert device.poll().status_code == 400
    assert {connection.state for connection in Connection.objects.all()} == {Connection.State.REVOKED}


def test_a_code_is_revoked(operator: Browser, flow: Flow) -> None:
    code = flow.code()
    row = Grant.objects.get()
    act(operator, Grant, "revoke")
    assert error(flow.exchange(code)) == "invalid_grant"
    assert history(row) == ["operator: Revoked."]


def test_a_device_that_was_allowed_gets_no_tokens(operator: Browser, flow: Flow) -> None:
    device = Device.start(flow.browser, register_device(flow.browser))
    device.answered("allow")
    act(operator, DeviceAuthorization, "revoke")
    assert error(device.poll()) in ("expired_token", "invalid_grant")


@pytest.mark.parametrize("model", [AccessToken, RefreshToken, Grant, DeviceAuthorization])
def test_seeing_them_is_not_revoking_them(flow: Flow, model: Any) -> None:
    tokens = flow.tokens()
    code = flow.code()
    Device.start(flow.browser, register_device(flow.browser)).answered("allow")
    viewer = clerk(f"view_{model._meta.model_name}", "change_connection")
    assert offered(viewer, model) == set()
    for action in ("revoke", "revoke_one", "revoke_users"):
        act(viewer, model, action)
    assert works(tokens)
    assert works(flow.exchange(code).json())
    assert DeviceAuthorization.objects.exists()
