"""Django admin over HTTP, as an operator uses it: found by search, done by a form, confirmed where it asks."""

from collections.abc import Mapping
from typing import Self

import httpx
from bs4 import BeautifulSoup, Tag

from tests.person import Person

CONNECTIONS = "oauth_bridge/connection"
CLIENTS = "oauth_bridge/client"
ACCESS_TOKENS = "oauth2_provider/accesstoken"
REFRESH_TOKENS = "oauth2_provider/refreshtoken"
USERS = "accounts/user"


class Console:
    """The admin at `base_url`, for an administrator of that name and password."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.person = Person(base_url, username, password)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.person.browser.close()

    def found(self, room: str, term: str) -> str:
        """Key of the one row of a list that a search finds."""
        page = self.person.open(f"/admin/{room}/?q={term}")
        (box,) = BeautifulSoup(page.text, "html.parser").select("#result_list input[name=_selected_action]")
        return str(box["value"])

    def act(self, room: str, action: str, key: str) -> None:
        """Choose an action for one row, and say yes where the admin asks."""
        path = f"/admin/{room}/"
        self.person.open(path)
        answer = self._post(path, {"action": action, "_selected_action": key})
        if answer.status_code == 200:
            answer = self._post(path, fields(form_in(answer, "#content-main form[method=post]")))
        assert answer.status_code == 302, answer.text

    def change(self, room: str, key: str, **changes: str | list[str] | None) -> None:
        """Save a row's form with other values; None unticks a box."""
        path = f"/admin/{room}/{key}/change/"
        given = fields(form_in(self.person.open(path), f"#{room.rpartition('/')[2]}_form"))
        for name, value in changes.items():
            given.pop(name, None)
            if value is not None:
                given[name] = [value] if isinstance(value, str) else value
        answer = self._post(path, {**given, "_save": "Save"})
        assert answer.status_code == 302, answer.text

    def delete(self, room: str, key: str) -> None:
        """Delete a row by the page that asks whether it is meant."""
        path = f"/admin/{room}/{key}/delete/"
        answer = self._post(path, fields(form_in(self.person.open(path), "#content-main form")))
        assert answer.status_code == 302, answer.text

    def _post(self, path: str, form: Mapping[str, str | list[str]]) -> httpx.Response:
        browser = self.person.browser
        sent = {**form, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        headers = {"Origin": self.person.base_url, "Referer": self.person.base_url + path}
        return browser.post(path, data=sent, headers=headers)


def form_in(page: httpx.Response, selector: str) -> Tag:
    """The form of a page."""
    assert page.status_code == 200, page.text
    form = BeautifulSoup(page.text, "html.parser").select_one(selector)
    assert form is not None, page.text
    return form


def fields(form: Tag) -> dict[str, str | list[str]]:
    """What a browser would send of a form, without a button."""
    sent: dict[str, list[str]] = {}
    for control in form.select("input[name], select[name], textarea[name]"):
        kind = str(control.get("type", "text"))
        if control.has_attr("disabled") or kind in ("submit", "button"):
            continue
        if kind in ("checkbox", "radio") and not control.has_attr("checked"):
            continue
        if control.name == "select":
            values = [str(option.get("value", option.text)) for option in control.select("option[selected]")]
        elif control.name == "textarea":
            values = [control.text]
        else:
            values = [str(control.get("value", "on" if kind in ("checkbox", "radio") else ""))]
        sent.setdefault(str(control["name"]), []).extend(values)
    return dict(sent)
