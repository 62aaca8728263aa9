"""Tools that need their user's GitHub, clients that are asked for it, and a person who links it."""

from urllib.parse import urljoin

import httpx
from bs4 import BeautifulSoup

from tests.clients.wire import PREFIX, Json, Wire, answer
from tests.person import Person

PAGE = "/account/upstream/"
URL_MODE: Json = {"elicitation": {"form": {}, "url": {}}}
CAPABLE: Json = {f"{PREFIX}clientCapabilities": URL_MODE}
ACCEPT: Json = {"action": "accept"}
CALL: Json = {"name": "github_profile", "arguments": {}}


def ask(wire: Wire, **more: object) -> Json:
    """The result of a call by a 2026-07-28 client that can show links."""
    result: Json = answer(wire.modern("tools/call", {**CALL, "_meta": CAPABLE, **more}))["result"]
    return result


def url_of(result: Json) -> str:
    """The page that a call asks its user to open."""
    (request,) = result["inputRequests"].values()
    assert request["params"]["mode"] == "url"
    url: str = request["params"]["url"]
    return url


def agree(person: Person, url: str = PAGE) -> httpx.Response:
    """Where the person is after pressing the link button of a page and agreeing at the provider."""
    page = person.open(url)
    assert page.status_code == 200, page.text
    return return_from_provider(person, press(person, page, "/link/"))


def press(person: Person, page: httpx.Response, action: str) -> httpx.Response:
    """The answer to the page's form whose action ends so."""
    form = BeautifulSoup(page.text, "html.parser").find(
        "form", action=lambda found: bool(found and found.endswith(action))
    )
    assert form is not None, page.text
    fields = {field["name"]: field["value"] for field in form.find_all("input")}
    target = urljoin(str(page.url), str(form["action"]))
    return person.browser.post(target, data=fields, headers={"Origin": person.base_url, "Referer": str(page.url)})


def return_from_provider(person: Person, away: httpx.Response) -> httpx.Response:
    """Where the person is after the provider sent them back."""
    assert away.is_redirect, away.text
    there = httpx.get(away.headers["Location"], timeout=60)
    return person.open(there.headers["Location"])
