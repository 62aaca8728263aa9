"""Clients that an operator makes in admin."""

from typing import Any

from django.test import Client as Browser

from oauth_bridge.models import Client
from tests.oauth_bridge.flows import Flow

SECRET = "a-secret-of-full-entropy"


def operator_client(**fields: Any) -> Client:
    """A confidential client with SECRET."""
    client = Client(
        **{
            "name": "Operator's client",
            "client_type": Client.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Client.GRANT_CLIENT_CREDENTIALS,
            "client_secret": SECRET,
            **fields,
        }
    )
    client.save()
    return client


def flow_of(client: Client, secret: str | None = SECRET) -> Flow:
    """The client's requests, by secret in the body."""
    return Flow(Browser(), client.client_id, secret)
