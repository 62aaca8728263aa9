"""OpenID Connect for several providers, which may know this site by the same client ID."""

from typing import Any

from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider


class NamedOpenIDConnectProvider(OpenIDConnectProvider):
    """allauth's, but told apart by its name.

    While a second factor is asked for, allauth keeps the provider in the session as protocol and client ID, and
    fails when two providers have the same.
    """

    # Where its URLs are.
    package = "allauth.socialaccount.providers.openid_connect"

    def serialize(self) -> dict[str, Any]:
        """What finds it again."""
        return {"id": self.sub_id, "app.client_id": self.app.client_id}


provider_classes = [NamedOpenIDConnectProvider]
