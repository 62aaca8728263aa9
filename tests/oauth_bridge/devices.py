"""A device with a code on its screen, and the person who answers for it."""

from dataclasses import dataclass
from typing import Any

from django.test import Client as Browser

from tests.oauth_bridge.flows import consent_form, post_form, register

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def register_device(browser: Browser, **metadata: Any) -> str:
    """Client ID of a public client that asked for the device grant too."""
    metadata.setdefault("grant_types", ["authorization_code", "refresh_token", GRANT])
    metadata.setdefault("client_name", "Television")
    return str(register(browser, **metadata).json()["client_id"])


@dataclass
class Device:
    """A device that waits; `browser` is the one of the person beside it."""

    browser: Browser
    client_id: str
    answer: dict[str, Any]

    @classmethod
    def start(cls, browser: Browser, client_id: str, **fields: str) -> "Device":
        """A device that was just given its codes."""
        response = post_form(Browser(), "/device_authorization", {"client_id": client_id, **fields})
        assert response.status_code == 200, response.content
        return cls(browser, client_id, response.json())

    def poll(self, **fields: str) -> Any:
        """The answer to its question for tokens."""
        form = {"grant_type": GRANT, "device_code": self.answer["device_code"], "client_id": self.client_id, **fields}
        return post_form(Browser(), "/token", form)

    def answered(self, decision: str) -> Any:
        """The page after the person's decision."""
        code = {"user_code": self.answer["user_code"]}
        page = self.browser.post("/device", code)
        if page.status_code != 200:
            return page
        return self.browser.post("/device", consent_form(page).answer(decision))
