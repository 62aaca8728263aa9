"""A tool that needs its user's GitHub: asked for, linked and used, in each era and from each kind of client."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.clients.conftest import AppOf, WireOf
from tests.clients.linking import ACCEPT, CALL, CAPABLE, PAGE, URL_MODE, agree, ask, press, url_of
from tests.clients.wire import Wire, answer, events, modern_headers
from tests.conftest import USERS, PersonOf
from tests.fake_github import FakeGitHub
from tests.live import LiveServer


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def live(request: pytest.FixtureRequest, github: FakeGitHub) -> Iterator[LiveServer]:
    """The site with a GitHub."""
    with LiveServer(request.param, settings="tests.clients.settings", env=github.settings(), users=USERS) as server:
        yield server


@pytest.fixture
def unlinked(person: PersonOf) -> None:
    """Alice has no account linked."""
    alice = person()
    page = alice.open(PAGE)
    if "Unlink GitHub" in page.text:
        press(alice, page, "/unlink/")


@pytest.fixture
def wire(unlinked: None, app: AppOf, person: PersonOf, wire_of: WireOf) -> Wire:
    """Alice's app."""
    return wire_of(app().connect(person()))


class TestOf2026:
    def test_the_call_asks_for_a_page_of_this_site(self, wire: Wire, live: LiveServer) -> None:
        result = ask(wire)

        assert result["resultType"] == "input_required"
        assert url_of(result).startswith(f"{live.url}/account/upstream/for/")

    def test_the_link_names_nobody(self, wire: Wire) -> None:
        assert "alice" not in url_of(ask(wire))

    def test_the_retry_goes_on_after_linking(self, wire: Wire, person: PersonOf) -> None:
        first = ask(wire)
        agree(person(), url_of(first))

        responses = dict.fromkeys(first["inputRequests"], ACCEPT)
        result = ask(wire, requestState=first["requestState"], inputResponses=responses)

        assert result["structuredContent"]["login"] == "octocat"

    def test_a_retry_waits_for_a_user_who_is_not_done(self, wire: Wire, person: PersonOf) -> None:
        first = ask(wire)
        retry = {**CALL, "_meta": CAPABLE, "requestState": first["requestState"]}
        body = wire.modern_body(
            "tools/call", {**retry, "inputResponses": dict.fromkeys(first["inputRequests"], ACCEPT)}
        )
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(wire.post, body, modern_headers(body))
            agree(person(), url_of(first))
            result = answer(waiting.result(30))["result"]

        assert result["structuredContent"]["login"] == "octocat"

    def test_a_user_who_declines_ends_the_call(self, wire: Wire) -> None:
        first = ask(wire)
        responses = {key: {"action": "decline"} for key in first["inputRequests"]}

        result = ask(wire, requestState=first["requestState"], inputResponses=responses)

        assert result["isError"] is True
        assert "did not agree" in result["content"][0]["text"]

    def test_a_linked_account_is_used_without_asking(self, wire: Wire, person: PersonOf) -> None:
        agree(person())

        assert ask(wire)["structuredContent"]["login"] == "octocat"

    def test_a_function_in_a_thread_uses_it_too(self, wire: Wire, person: PersonOf) -> None:
        agree(person())

        assert answer(wire.call("github_login"))["result"]["structuredContent"] == {"result": "octocat"}

    def test_a_client_that_shows_no_links_gets_one_in_words(self, wire: Wire, person: PersonOf) -> None:
        result = answer(wire.modern("tools/call", CALL))["result"]
        assert result["isError"] is True
        link = result["content"][0]["text"].rpartition(" ")[2]

        agree(person(), link)

        assert ask(wire)["structuredContent"]["login"] == "octocat"


class TestOf2025:
    def test_a_waiting_call_goes_on_by_itself(self, wire: Wire, person: PersonOf) -> None:
        session = wire.session(capabilities=URL_MODE)

        with wire.stream(wire.body("tools/call", CALL), session.headers) as response:
            stream = events(response)
            question = next(event.message for event in stream if event.message.get("method") == "elicitation/create")
            wire.post({"jsonrpc": "2.0", "id": question["id"], "result": ACCEPT}, session.headers)
            agree(person(), question["params"]["url"])
            told, result = (event.message for event in stream if event.data)

        assert told["method"] == "notifications/elicitation/complete"
        assert told["params"] == {"elicitationId": question["params"]["elicitationId"]}
        assert result["result"]["structuredContent"]["login"] == "octocat"

    @pytest.mark.parametrize("version", ["2025-06-18", "2025-03-26"])
    def test_an_older_version_gets_the_link_in_words(self, wire: Wire, live: LiveServer, version: str) -> None:
        result = answer(wire.session(version, capabilities=URL_MODE).call("github_profile"))["result"]

        assert result["isError"] is True
        assert f"{live.url}/account/upstream/for/" in result["content"][0]["text"]

    def test_a_user_who_declines_ends_the_call(self, wire: Wire) -> None:
        session = wire.session(capabilities=URL_MODE)

        with wire.stream(wire.body("tools/call", CALL), session.headers) as response:
            stream = events(response)
            question = next(event.message for event in stream if event.message.get("method") == "elicitation/create")
            declined = {"jsonrpc": "2.0", "id": question["id"], "result": {"action": "decline"}}
            wire.post(declined, session.headers)
            (result,) = (event.message for event in stream if event.data)

        assert "did not agree" in result["result"]["content"][0]["text"]


class TestPhishing:
    def test_another_users_session_is_refused_with_words(self, wire: Wire, person: PersonOf) -> None:
        page = person("bob").open(url_of(ask(wire)))

        assert page.status_code == 403
        assert "made for another user" in page.text

    def test_nor_can_it_be_sent_past_the_page(self, wire: Wire, person: PersonOf, github: FakeGitHub) -> None:
        reference = url_of(ask(wire)).rstrip("/").rpartition("/")[2]
        bob = person("bob")
        bob.open("/account/upstream/")
        form = {"reference": reference, "csrfmiddlewaretoken": bob.browser.cookies["csrftoken"]}
        page = bob.browser.post("/account/upstream/github/link/", data=form, headers={"Origin": bob.base_url})

        assert page.status_code == 403
        assert "made for another user" in page.text


class TestBroken:
    def test_a_refresh_that_is_refused_asks_to_link_again(
        self, wire: Wire, person: PersonOf, github: FakeGitHub
    ) -> None:
        agree(person())
        github.forget_everything()

        first = ask(wire)
        assert first["resultType"] == "input_required"
        agree(person(), url_of(first))

        assert ask(wire)["structuredContent"]["login"] == "octocat"

    def test_a_token_that_ended_early_is_refreshed_in_the_call(
        self, wire: Wire, person: PersonOf, github: FakeGitHub
    ) -> None:
        agree(person())
        github.forget_access_tokens()
        before = github.refreshes

        assert ask(wire)["structuredContent"]["login"] == "octocat"
        assert github.refreshes == before + 1
