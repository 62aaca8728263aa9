"""Every page that people see: how a person gets to each, by the name under which its picture is kept."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.pages import admin, connections, consent, device, entrance, refusals, security, tokens
from tests.browser.stage import Stage

PAGES: dict[str, Callable[[Stage], Page]] = {
    way.__name__.replace("_", "-"): way
    for module in (entrance, consent, device, connections, security, tokens, refusals, admin)
    for way in module.WAYS
}
