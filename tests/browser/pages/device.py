"""Connecting a device that shows a code."""

import httpx
from playwright.sync_api import Page

from tests.browser.stage import Stage
from tests.clients.television import GRANT


def device(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/device")
    return page


def device_unknown_code(stage: Stage) -> Page:
    page = stage.window("robin")
    page.goto("/device")
    page.get_by_label("Code on your device").fill("BCDF-GHJK")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("alert").wait_for()
    return page


def device_code_in_link(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto(f"/device?user_code={_code(stage)}")
    return page


def device_consent(stage: Stage) -> Page:
    page = device_code_in_link(stage)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Deny").wait_for()
    return page


def device_connected(stage: Stage) -> Page:
    page = device_consent(stage)
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("heading", name="Your device is connected").wait_for()
    return page


def device_denied(stage: Stage) -> Page:
    page = device_consent(stage)
    page.get_by_role("button", name="Deny").click()
    page.get_by_role("heading", name="Nothing was allowed").wait_for()
    return page


def _code(stage: Stage) -> str:
    """The code that a television shows."""
    with httpx.Client(base_url=stage.site.url, timeout=30) as http:
        about = {"client_name": "Television", "grant_types": [GRANT], "token_endpoint_auth_method": "none"}
        client_id = http.post("/register", json=about).json()["client_id"]
        codes = http.post("/device_authorization", data={"client_id": client_id}).json()
    return str(codes["user_code"])


WAYS = [device, device_unknown_code, device_code_in_link, device_consent, device_connected, device_denied]
