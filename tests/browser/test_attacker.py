"""An attacker's page on an origin of its own, open in the browser of somebody who is signed in.

`another site` gets none of the site's cookies (SameSite); `the same site` does, from another port, so there only the
form's token and the Origin header are in its way.
"""

from collections.abc import Iterator
from html import escape
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.codes import codes_made
from tests.browser.conftest import ProgramOf, WindowOf, sign_in
from tests.browser.origin import Origin
from tests.live import LiveServer

REFUSED = "That form was not accepted"
SUBMITTED = "<script>document.forms[0].submit()</script>"


@pytest.fixture
def context_options() -> dict[str, bool]:
    """Attackers need scripts."""
    return {"java_script_enabled": True}


@pytest.fixture(params=["127.0.0.1", "localhost"], ids=["another site", "the same site"])
def attacker(request: pytest.FixtureRequest) -> Iterator[Origin]:
    with Origin(request.param) as origin:
        yield origin


@pytest.fixture
def victim(window: WindowOf) -> Page:
    """Alice's window, signed in."""
    page = window()
    page.goto("/accounts/login/")
    sign_in(page)
    expect(page.get_by_role("navigation")).to_contain_text("alice")
    return page


def answer(page: Page, button: str) -> Request:
    """Press a button of the consent page; the request that it sent."""
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("You can close this page")
    return sent.value


def form_of(page: Page, button: str) -> list[tuple[str, str]]:
    """What pressing a button of the page would send."""
    pairs = page.get_by_role("button", name=button, exact=True).evaluate(
        "(button) => [...new FormData(button.form, button).entries()]"
    )
    return [(name, value) for name, value in pairs]


def submits_itself(target: str, fields: list[tuple[str, str]]) -> str:
    """A page that posts these fields as soon as it is open."""
    inputs = "".join(f'<input name="{escape(name)}" value="{escape(value)}">' for name, value in fields)
    return f'<form method="post" action="{escape(target)}">{inputs}</form>{SUBMITTED}'


# --- Frames ---------------------------------------------------------------------------------


def test_the_consent_page_cannot_be_framed(victim: Page, attacker: Origin, program: ProgramOf) -> None:
    frames_nothing(victim, attacker, program("Free game").request())


@pytest.mark.parametrize("path", ["/device?user_code=BCDF-GHJK", "/account/tokens/", "/accounts/login/", "/admin/"])
def test_no_page_that_does_something_can_be_framed(victim: Page, attacker: Origin, site: LiveServer, path: str) -> None:
    frames_nothing(victim, attacker, site.url + path)


def frames_nothing(victim: Page, attacker: Origin, target: str) -> None:
    """The attacker's own page appears in a frame, and the target does not."""
    attacker.pages["/"] = f'<iframe src="/own"></iframe><iframe name="target" src="{escape(target)}"></iframe>'
    attacker.pages["/own"] = "<h1>A frame that works</h1>"
    victim.goto(attacker.url)

    expect(victim.frame_locator("iframe").first.get_by_role("heading")).to_have_text("A frame that works")
    framed = victim.frame("target")
    assert framed is not None
    assert framed.url == "chrome-error://chromewebdata/"
    assert framed.get_by_role("button").count() == 0


# --- Forms ----------------------------------------------------------------------------------


def test_a_form_that_submits_itself_forges_no_consent(
    victim: Page, attacker: Origin, program: ProgramOf, site: LiveServer
) -> None:
    game = program("Free game")
    attacker.pages["/"] = submits_itself(game.request(), [("allow", "1")])
    victim.goto(attacker.url)

    expect(victim.get_by_role("heading", level=1)).to_have_text(REFUSED)
    assert game.answers == []
    assert codes_made(site, game.client_id) == 0


def test_a_form_filled_in_by_the_attacker_is_not_taken_for_the_victims(
    victim: Page, attacker: Origin, program: ProgramOf, site: LiveServer, window: WindowOf
) -> None:
    game, own = program("Free game"), window()
    own.goto(game.request())
    sign_in(own, "bob")
    filled_in = form_of(own, "Allow")
    attacker.pages["/"] = submits_itself(game.request(), filled_in)
    victim.goto(attacker.url)

    expect(victim.get_by_role("heading", level=1)).to_have_text(REFUSED)
    assert game.answers == []
    assert codes_made(site, game.client_id) == 0


def test_a_consent_page_that_is_open_cannot_be_answered_from_elsewhere(
    victim: Page, attacker: Origin, program: ProgramOf, site: LiveServer
) -> None:
    game = program("Free game")
    victim.goto(game.request())
    attacker.pages["/"] = submits_itself(game.request(), form_of(victim, "Allow"))
    other_tab = victim.context.new_page()
    other_tab.goto(attacker.url)

    expect(other_tab.get_by_role("heading", level=1)).to_have_text(REFUSED)
    assert codes_made(site, game.client_id) == 0
    # The form was a good one: from its own page it works.
    answer(victim, "Allow")
    assert codes_made(site, game.client_id) == 1


def test_an_earlier_consent_cannot_be_replayed(
    victim: Page, attacker: Origin, program: ProgramOf, site: LiveServer
) -> None:
    game = program("Free game")
    victim.goto(game.request())
    sent = answer(victim, "Allow")
    attacker.pages["/"] = submits_itself(sent.url, parse_qsl(sent.post_data or ""))
    victim.goto(attacker.url)

    expect(victim.get_by_role("heading", level=1)).to_have_text(REFUSED)
    assert len(game.answers) == 1
    assert codes_made(site, game.client_id) == 1


def test_a_script_elsewhere_can_neither_read_nor_answer(
    victim: Page, attacker: Origin, program: ProgramOf, site: LiveServer
) -> None:
    game = program("Free game")
    victim.goto(game.request())
    body = "&".join(f"{name}={value}" for name, value in form_of(victim, "Allow"))
    attacker.pages["/"] = "<h1>Attack</h1>"
    victim.goto(attacker.url)
    outcome = victim.evaluate(
        """async ([target, body]) => {
            const tries = [
                [{ credentials: "include" }],
                [{ credentials: "include", method: "POST", body: new URLSearchParams(body) }],
            ];
            return Promise.all(tries.map(([options]) =>
                fetch(target, options).then((answer) => answer.text(), (error) => error.name)));
        }""",
        [game.request(), body],
    )

    assert outcome == ["TypeError", "TypeError"]
    assert codes_made(site, game.client_id) == 0
