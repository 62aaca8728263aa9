"""Every page that people see: how a person gets to each, by the name under which its picture is kept."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.pages import admin, connections, consent, device, entrance, refusals, security, tokens
from tests.browser.stage import Stage

_ROOMS = (entrance, consent, device, connections, security, tokens, refusals, admin)

PAGES: dict[str, Callable[[Stage], Page]] = {
    way.__name__.replace("_", "-"): way for room in _ROOMS for way in room.WAYS
}

ROOM_OF: dict[str, str] = {
    way.__name__.replace("_", "-"): room.__name__.rpartition(".")[2] for room in _ROOMS for way in room.WAYS
}
"""Where each page belongs: those of one room may lead to each other."""
