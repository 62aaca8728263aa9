"""A device without a browser: it shows a code, and asks until somebody answered on another screen (RFC 8628)."""

from typing import Any

import httpx

from tests.live import NO_AUTHORITIES, SHORT_IDLE

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Television:
    """A public client that has no browser: it shows a code, and asks until somebody answered."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=30, verify=NO_AUTHORITIES, limits=SHORT_IDLE)
        self.metadata: dict[str, Any] = self.http.get("/.well-known/oauth-authorization-server").json()
        registration = self.http.post(
            self.metadata["registration_endpoint"],
            json={
                "client_name": "Television",
                "grant_types": ["refresh_token", GRANT],
                "token_endpoint_auth_method": "none",
            },
        )
        self.client_id: str = registration.json()["client_id"]
        self.codes: dict[str, Any] = self.http.post(
            self.metadata["device_authorization_endpoint"], data={"client_id": self.client_id}
        ).json()

    def ask(self) -> httpx.Response:
        """The answer to one poll."""
        form = {"grant_type": GRANT, "device_code": self.codes["device_code"], "client_id": self.client_id}
        return self.http.post(self.metadata["token_endpoint"], data=form)
