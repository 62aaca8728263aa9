"""Clients, connections, tokens and users in Django admin: seen, limited, switched off and revoked there."""

from oauth_bridge.admin.attempts import ConnectionAttemptAdmin
from oauth_bridge.admin.clients import ClientAdmin
from oauth_bridge.admin.connections import ConnectionAdmin
from oauth_bridge.admin.credentials import AccessTokenAdmin, DeviceAuthorizationAdmin, GrantAdmin, RefreshTokenAdmin
from oauth_bridge.admin.personal_tokens import PersonalTokenAdmin
from oauth_bridge.admin.users import UserAdmin

__all__ = [
    "AccessTokenAdmin",
    "ClientAdmin",
    "ConnectionAdmin",
    "ConnectionAttemptAdmin",
    "DeviceAuthorizationAdmin",
    "GrantAdmin",
    "PersonalTokenAdmin",
    "RefreshTokenAdmin",
    "UserAdmin",
]
