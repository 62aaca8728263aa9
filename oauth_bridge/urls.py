"""URLs of the authorization server.

At the root, because 2025-03-26 clients that find no metadata look there; each with and without a trailing
slash.
"""

from django.urls import re_path

from oauth_bridge.views import (
    authorize,
    connections,
    device,
    introspection,
    logo,
    metadata,
    personal_tokens,
    registration,
    token,
)

app_name = "oauth_bridge"

_SERVER = r"\.well-known/(?:oauth-authorization-server|openid-configuration)"
_NUMBER = "(?P<connection_id>[0-9]{1,18})"
_RESOURCE = r"\.well-known/oauth-protected-resource"

urlpatterns = [
    re_path(r"^authorize/?$", authorize.authorize, name="authorize"),
    re_path(r"^token/?$", token.token, name="token"),
    re_path(r"^device_authorization/?$", device.device_authorization, name="device-authorization"),
    re_path(r"^introspect/?$", introspection.introspection, name="introspect"),
    re_path(r"^device/?$", device.device, name="device"),
    re_path(r"^clients/(?P<client_pk>[0-9]{1,18})/logo$", logo.logo, name="client-logo"),
    re_path(r"^revoke/?$", token.revoke, name="revoke"),
    re_path(r"^register/?$", registration.register_client, name="register"),
    re_path(r"^register/(?P<client_id>[^/]+)/?$", registration.manage_client, name="manage-client"),
    re_path(r"^account/connections/?$", connections.connections, name="connections"),
    re_path(rf"^account/connections/{_NUMBER}/?$", connections.connection, name="connection"),
    re_path(rf"^account/connections/{_NUMBER}/revoke/?$", connections.revoke_connection, name="revoke-connection"),
    re_path(
        rf"^account/connections/{_NUMBER}/(?P<action>{'|'.join(connections.ACTIONS)})/?$",
        connections.change_connection,
        name="change-connection",
    ),
    re_path(r"^account/tokens/?$", personal_tokens.personal_tokens, name="personal-tokens"),
    re_path(r"^\.well-known/jwks\.json$", metadata.key_set, name="jwks"),
    re_path(rf"^{_SERVER}(?P<path>(?:/.*)?)$", metadata.authorization_server, name="authorization-server"),
    re_path(rf"^{_RESOURCE}(?P<path>(?:/.*)?)$", metadata.protected_resource, name="protected-resource"),
    # Some clients append the well-known segment to the path instead of inserting it.
    re_path(rf"^(?P<appended_to>.+?)/{_SERVER}/?$", metadata.authorization_server),
    re_path(rf"^(?P<appended_to>.+?)/{_RESOURCE}/?$", metadata.protected_resource),
    re_path(r"^(?:.+/)?\.well-known/", metadata.not_found, name="unknown-document"),
]
