"""A person in a browser: follows the site's pages, signs in when asked and answers the consent page."""

from typing import Literal
from urllib.parse import urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup, Tag

from tests.live import NO_AUTHORITIES, SHORT_IDLE

Answer = Literal["allow", "deny"]

MOST_REDIRECTS = 20


class StuckError(Exception):
    """The pages led somewhere that the person cannot go on from; the message has the page's text."""


class Person:
    """Somebody with a password on the site at `base_url`, with cookies of their own."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.base_url = base_url
        self.username = username
        self.password = password
        self.browser = httpx.Client(
            base_url=base_url, headers={"Accept": "text/html"}, timeout=30, verify=NO_AUTHORITIES, limits=SHORT_IDLE
        )

    def visit(self, url: str, answer: Answer = "allow", untick: frozenset[str] = frozenset()) -> str:
        """URL off the site that `url` finally leads to, after sign-in and the person's answer to consent.

        `untick` names the values of checkboxes to clear on the consent page. The URL is not requested.
        Raises StuckError when no page leads off the site.
        """
        page = self.open(url)
        consent = _form_with_button(page, "allow") if not page.is_redirect else None
        if consent is not None:
            page = self.press(page, consent, answer, untick)
        if not page.is_redirect:
            raise StuckError(f"{page.status_code} {page.url}: {_text(page)}")
        return _target(page)

    def open(self, url: str) -> httpx.Response:
        """The page behind `url`, signed in where that was asked; or the redirect that leaves the site."""
        page = self._follow(self.browser.get(url))
        form = None if page.is_redirect else _login_form(page)
        return page if form is None else self._sign_in(page, form)

    def press(
        self, page: httpx.Response, form: Tag, button: str, untick: frozenset[str] = frozenset()
    ) -> httpx.Response:
        """Send `form` of `page` by its button of that name, and follow on-site redirects."""
        fields = [field for field in _fields(form) if field[1] not in untick]
        for control in _buttons(form):
            if control.get("name") == button or (control.get("name"), control.get("value")) == (
                "decision",
                button,
            ):
                fields.append((str(control["name"]), str(control.get("value", ""))))
                break
        else:
            raise StuckError(f"No button {button!r} on {page.url}: {_text(page)}")
        return self._submit(page, form, fields)

    def _sign_in(self, page: httpx.Response, form: Tag) -> httpx.Response:
        typed = {"login": self.username, "password": self.password}
        fields = [(name, value) for name, value in _fields(form) if name not in typed]
        page = self._submit(page, form, [*fields, *typed.items()])
        if not page.is_redirect and _login_form(page) is not None:
            raise StuckError(f"{self.username} could not sign in: {_text(page)}")
        return page

    def _submit(self, page: httpx.Response, form: Tag, fields: list[tuple[str, str]]) -> httpx.Response:
        target = urljoin(str(page.url), str(form.get("action") or page.url))
        if not self._is_here(target):
            raise StuckError(f"A form on {page.url} sends what is typed to {target}")
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        origin = {"Origin": self.base_url, "Referer": str(page.url)}
        return self._follow(self.browser.post(target, data=data, headers=origin))

    def _follow(self, page: httpx.Response) -> httpx.Response:
        for _ in range(MOST_REDIRECTS):
            if not page.is_redirect or not self._is_here(_target(page)):
                return page
            keeps_method = page.status_code in (307, 308)
            if keeps_method and page.request.method != "GET":
                raise StuckError(f"{page.url} redirects a form with {page.status_code}")
            page = self.browser.get(_target(page))
        raise StuckError(f"More than {MOST_REDIRECTS} redirects, the last to {_target(page)}")

    def _is_here(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.base_url)[:2]


def _target(redirect: httpx.Response) -> str:
    return urljoin(str(redirect.url), redirect.headers["Location"])


def _forms(page: httpx.Response) -> list[Tag]:
    return BeautifulSoup(page.text, "html.parser").find_all("form")


def _login_form(page: httpx.Response) -> Tag | None:
    for form in _forms(page):
        if form.find("input", {"name": "login"}) and form.find("input", {"name": "password"}):
            return form
    return None


def _form_with_button(page: httpx.Response, name: str) -> Tag | None:
    for form in _forms(page):
        for control in _buttons(form):
            if name in (control.get("name"), control.get("value")):
                return form
    return None


def _buttons(form: Tag) -> list[Tag]:
    """Controls that send the form (HTML §4.10.5: a button's default type is submit)."""
    return [
        control
        for control in form.find_all(["button", "input"])
        if control.get("type", "submit" if control.name == "button" else "text") == "submit"
    ]


def _fields(form: Tag) -> list[tuple[str, str]]:
    """What a browser would send without any button: successful controls, in document order."""
    fields: list[tuple[str, str]] = []
    for control in form.find_all(["input", "select", "textarea"]):
        name, kind = control.get("name"), control.get("type", "text")
        if not name or control.has_attr("disabled") or kind in ("submit", "button", "image", "file"):
            continue
        if kind in ("checkbox", "radio") and not control.has_attr("checked"):
            continue
        if control.name == "select":
            fields += [
                (str(name), str(option.get("value", option.text)))
                for option in control.find_all("option", selected=True)
            ]
        else:
            default = "on" if kind in ("checkbox", "radio") else ""
            value = control.text if control.name == "textarea" else control.get("value", default)
            fields.append((str(name), str(value)))
    return fields


def _text(page: httpx.Response) -> str:
    return " ".join(BeautifulSoup(page.text, "html.parser").get_text(" ").split())[:600]
