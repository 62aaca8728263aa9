"""Attempts that come to their end are one row each, with all that belongs to them."""

from datetime import timedelta

from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from oauth_bridge.models import Client, Connection, ConnectionAttempt
from oauth_bridge.models.attempt import Step
from tests.oauth_bridge.attempts.conftest import Recorded
from tests.oauth_bridge.attempts.steps import PROGRAM, call, discover, program, sign_up
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import CHALLENGE, VERIFIER, Flow, answer_of, consent_form, post_form
from tests.oauth_bridge.protected import RESOURCE


def texts(row: ConnectionAttempt) -> list[str]:
    return [entry["text"] for entry in row.timeline]


def test_a_full_flow_is_one_row_that_ends_connected(recorded: Recorded, browser: Browser) -> None:
    somebody = program()
    discover(somebody)
    flow = sign_up(somebody, browser, client_name="Example")
    call(flow.tokens())
    row = recorded.only
    assert row.is_connected
    assert row.outcome == "Connected"
    assert row.reached == Step.CALL
    assert (row.failed, row.reason) == (False, "")


def test_it_says_who_came_from_where_to_what(recorded: Recorded, browser: Browser) -> None:
    somebody = program()
    discover(somebody)
    flow = sign_up(somebody, browser, client_name="Example")
    call(flow.tokens())
    row = recorded.only
    assert (row.client_name, row.client_id) == ("Example", flow.client_id)
    assert (row.user_name, row.connection_id) == ("alice", Connection.objects.get().pk)
    assert (row.address, row.user_agent, row.resource) == ("203.0.113.7", PROGRAM, RESOURCE)


def test_its_timeline_has_every_step_in_order(recorded: Recorded, browser: Browser) -> None:
    somebody = program()
    discover(somebody)
    call(sign_up(somebody, browser).tokens())
    assert [entry["step"] for entry in recorded.only.timeline] == [
        "Discovery",
        "Discovery",
        "Registration",
        "Sign-in",
        "Consent",
        "Token",
        "First call",
    ]


def test_each_step_is_written_as_it_comes(recorded: Recorded, browser: Browser) -> None:
    """However the writer's batches fall."""
    somebody = program()
    discover(somebody)
    assert recorded.only.outcome == "Read the documents"
    flow = sign_up(somebody, browser)
    assert recorded.only.outcome == "Registered"
    page = flow.page()
    assert recorded.only.outcome == "Waits for its user's consent"
    answer = flow.browser.post(flow.authorize_url(), page.answer())
    assert recorded.only.outcome == "Was allowed, and has not fetched its token yet"
    tokens = flow.exchange(answer_of(answer)["code"]).json()
    assert recorded.only.outcome == "Has a token, and has not called yet"
    call(tokens)
    assert recorded.only.outcome == "Connected"


def test_sign_in_is_a_step_of_the_same_attempt(recorded: Recorded, alice: User) -> None:
    flow = sign_up(program(), Browser())
    assert flow.browser.get(flow.authorize_url()).status_code == 302
    assert recorded.only.outcome == "Waits for its user to sign in"
    flow.browser.force_login(alice)
    flow.tokens()
    assert (recorded.only.user_name, recorded.only.reached) == ("alice", Step.TOKEN)


def test_two_clients_at_once_are_two_rows(recorded: Recorded, browser: Browser) -> None:
    one, other = program(agent="One/1"), program(agent="Other/1")
    discover(one)
    discover(other)
    first = sign_up(one, browser, client_name="One")
    second = sign_up(other, browser, client_name="Other")
    pages = first.page(), second.page()
    answers = [
        answer_of(browser.post(flow.authorize_url(), page.answer()))
        for flow, page in zip((first, second), pages, strict=True)
    ]
    call(second.exchange(answers[1]["code"]).json())
    assert [(row.client_name, row.reached) for row in recorded.rows] == [("One", Step.CONSENT), ("Other", Step.CALL)]


def test_two_clients_of_one_program_are_two_rows(recorded: Recorded, browser: Browser) -> None:
    somebody = program()
    discover(somebody)
    sign_up(somebody, browser, client_name="One")
    discover(somebody)
    sign_up(somebody, browser, client_name="Other")
    assert [row.client_name for row in recorded.rows] == ["One", "Other"]


def test_people_who_share_a_registration_are_told_apart(recorded: Recorded, alice: User) -> None:
    """Installations of one public client have the same client ID."""
    near, far = program("203.0.113.7"), program("198.51.100.9")
    for somebody in (near, far):
        sign_up(somebody, Browser(), client_name="Shared")
    client_id = Client.objects.get().client_id
    browsers = [Browser(REMOTE_ADDR=address) for address in ("198.51.100.9", "203.0.113.7")]
    browsers[0].get(Flow(browsers[0], client_id).authorize_url())
    assert [(row.address, row.reached) for row in recorded.rows] == [
        ("203.0.113.7", Step.REGISTRATION),
        ("198.51.100.9", Step.AUTHORIZE),
    ]


def test_what_a_program_did_before_its_users_browser_came_is_taken_in(recorded: Recorded, browser: Browser) -> None:
    """A client that need not register is known by its authorization request, which a browser makes."""
    flow = sign_up(program(), browser)
    ConnectionAttempt.objects.all().delete()
    recorded.waiting.clear()
    somebody = program()
    discover(somebody)
    code = flow.code()
    assert len(recorded.rows) == 2
    form = {"grant_type": "authorization_code", "code": code, "client_id": flow.client_id, "code_verifier": VERIFIER}
    assert post_form(somebody, "/token", {**form, "redirect_uri": flow.redirect_uri}).status_code == 200
    row = recorded.only
    assert (row.user_agent, row.user_name, row.reached) == (PROGRAM, "alice", Step.TOKEN)
    assert row.timeline[0]["step"] == "Discovery"


def test_a_client_that_comes_again_begins_another_attempt(recorded: Recorded, flow: Flow) -> None:
    call(flow.tokens())
    assert recorded.only.is_connected
    call(flow.tokens())
    assert [row.is_connected for row in recorded.rows] == [True, True]


def test_refreshing_and_calling_again_leave_no_trace(recorded: Recorded, flow: Flow) -> None:
    tokens = flow.tokens()
    call(tokens)
    before = recorded.only.timeline
    call(flow.refresh(tokens["refresh_token"]).json())
    assert recorded.only.timeline == before


def test_a_remembered_consent_says_so(recorded: Recorded, flow: Flow) -> None:
    Client.objects.update(trust=Client.Trust.APPROVED)
    flow.tokens()
    recorded.rows  # noqa: B018
    flow.tokens()
    assert "Was allowed before, and sent back with a code" in texts(recorded.rows[-1])


def test_a_device_is_one_row_too(recorded: Recorded, browser: Browser) -> None:
    device = Device.start(browser, register_device(browser))
    assert recorded.only.reached == Step.AUTHORIZE
    device.poll()
    device.answered("allow")
    call(device.poll().json())
    assert recorded.only.is_connected


def test_a_sign_in_that_nobody_finished_was_abandoned(recorded: Recorded, db: None) -> None:
    flow = sign_up(program(), Browser())
    flow.browser.get(flow.authorize_url())
    row = recorded.only
    row.updated_at = timezone.now() - timedelta(minutes=16)
    assert row.outcome == "Nobody signed in: the sign-in was abandoned"


def test_no_row_has_a_code_token_state_or_verifier(recorded: Recorded, confidential: Flow) -> None:
    code = confidential.code(state="the-state")
    tokens = confidential.exchange(code).json()
    confidential.exchange(code)
    call(confidential.tokens())
    written = str([vars(row) for row in recorded.rows]) + str(recorded.waiting)
    secrets = [code, "the-state", VERIFIER, CHALLENGE, confidential.client_secret, *tokens.values()]
    assert [secret for secret in secrets if isinstance(secret, str) and len(secret) > 8 and secret in written] == []


def test_a_denied_page_shows_who_denied(recorded: Recorded, flow: Flow) -> None:
    page = flow.browser.get(flow.authorize_url())
    flow.browser.post(flow.authorize_url(), consent_form(page).answer("deny"))
    assert recorded.only.user_name == "alice"
