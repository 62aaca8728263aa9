"""Clients, connections, and the links by which every token belongs to a connection."""

from oauth_bridge.models.attempt import ConnectionAttempt
from oauth_bridge.models.budget import BudgetUse
from oauth_bridge.models.client import Client
from oauth_bridge.models.connection import Connection, ToolCatalogue
from oauth_bridge.models.grants import DeviceAuthorization, PersonalToken, UserCodeGuess
from oauth_bridge.models.tokens import ConnectionAccessToken, ConnectionRefreshToken, RedeemedCode, SpentAssertion

__all__ = [
    "BudgetUse",
    "Client",
    "Connection",
    "ConnectionAccessToken",
    "ConnectionAttempt",
    "ConnectionRefreshToken",
    "DeviceAuthorization",
    "PersonalToken",
    "RedeemedCode",
    "SpentAssertion",
    "ToolCatalogue",
    "UserCodeGuess",
]
