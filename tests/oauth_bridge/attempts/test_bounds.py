"""The recorder is never in the way: floods leave few rows, and what goes wrong in it is nobody's failure."""

import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from oauth_bridge.attempts import limits, matching, recorder
from oauth_bridge.models import ConnectionAttempt
from oauth_bridge.models.attempt import Step
from tests.oauth_bridge.attempts.conftest import Recorded
from tests.oauth_bridge.attempts.steps import discover, program, sign_up
from tests.oauth_bridge.flows import Flow

DOCUMENT = "/.well-known/oauth-protected-resource/mcp"


class TestFloods:
    def test_of_one_program_are_one_row(self, recorded: Recorded) -> None:
        somebody = program()
        for _ in range(30):
            somebody.get(DOCUMENT)
        (entry,) = recorded.only.timeline
        assert entry["times"] == 30

    def test_of_one_address_stop_at_so_many_a_minute(self, recorded: Recorded) -> None:
        for number in range(limits.PER_ADDRESS + 20):
            program(agent=f"Flood/{number}").get(DOCUMENT)
        assert len(recorded.waiting) == limits.PER_ADDRESS

    def test_of_one_address_leave_so_many_rows_an_hour(
        self, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(matching, "ROWS_PER_ADDRESS", 5)
        for number in range(20):
            program(agent=f"Flood/{number}").get(DOCUMENT)
        assert len(recorded.rows) == 5

    def test_of_many_addresses_stop_at_so_many_in_all(
        self, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "IN_ALL", 10)
        for number in range(20):
            program(f"198.51.100.{number}").get(DOCUMENT)
        assert len(recorded.waiting) == 10

    def test_leave_room_for_other_addresses(self, recorded: Recorded) -> None:
        for number in range(limits.PER_ADDRESS + 5):
            program(agent=f"Flood/{number}").get(DOCUMENT)
        discover(program("198.51.100.9"))
        assert recorded.rows[-1].address == "198.51.100.9"

    def test_keep_nobody_from_being_recorded_who_signed_in(self, recorded: Recorded, flow: Flow) -> None:
        for number in range(limits.PER_ADDRESS + 5):
            program("127.0.0.1", f"Flood/{number}").get(DOCUMENT)
        flow.tokens()
        assert Step.TOKEN in [row.reached for row in recorded.rows]

    def test_are_over_after_a_minute(self) -> None:
        limiter, now = limits.Limiter(), time.time()
        taken = [limiter.lets_in("203.0.113.7", now) for _ in range(limits.PER_ADDRESS + 1)]
        assert (taken.count(True), taken[-1]) == (limits.PER_ADDRESS, False)
        assert limiter.lets_in("203.0.113.7", now + 61)


def test_the_oldest_that_never_got_far_go_first(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_ROWS", 3)
    monkeypatch.setattr(matching, "DELETED_AT_ONCE", 0)
    long_ago = timezone.now() - timedelta(days=1)
    ConnectionAttempt.objects.create(client_name="Connected", reached=Step.CALL, updated_at=long_ago)
    for number in range(4):
        ConnectionAttempt.objects.create(client_name=f"Stranger {number}", updated_at=long_ago)
    discover(program())
    assert {row.client_name for row in recorded.rows} == {"Connected", "Stranger 3", ""}


def test_a_timeline_has_an_end(recorded: Recorded, flow: Flow) -> None:
    for number in range(50):
        flow.browser.get(flow.authorize_url(redirect_uri=f"https://client.example/{number}"))
    row = recorded.rows[-1]
    assert len(row.timeline) == matching.LONGEST_TIMELINE
    assert "https://client.example/49" in row.timeline[-1]["text"]


def test_a_recorder_that_fails_fails_no_request(
    recorded: Recorded, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Any) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(recorded, "add", broken)
    discover(program())
    assert sign_up(program(), browser).tokens()["access_token"]
    assert "was not written down" in caplog.text


def test_no_request_waits_for_the_database(recorded: Recorded, django_assert_num_queries: Any) -> None:
    somebody = program()
    with django_assert_num_queries(0):
        discover(somebody)
    assert recorded.waiting


def test_what_is_switched_off_writes_nothing(recorded: Recorded, settings: Any) -> None:
    settings.OAUTH_BRIDGE_ATTEMPTS = False
    discover(program())
    assert recorded.waiting == []


def test_odd_bytes_of_strangers_are_written_as_text(recorded: Recorded, browser: Browser) -> None:
    program(agent="\u202eevil\x00" + "x" * 500).get(DOCUMENT)
    browser.get(Flow(browser, "a\x01b" + "c" * 3000).authorize_url(redirect_uri="http://[::1/\u0007"))
    agent, request = recorded.rows
    assert agent.user_agent.startswith("evilx")
    assert len(agent.user_agent) == 200
    assert request.client_id.startswith("abcc")


class TestRetention:
    @pytest.mark.parametrize(("days", "kept"), [(30, 1), (0, 2)])
    def test_old_attempts_go_with_the_clean_up(self, db: None, settings: Any, days: int, kept: int) -> None:
        settings.OAUTH_BRIDGE_ATTEMPT_DAYS = days
        for age in (29, 31):
            ConnectionAttempt.objects.create(updated_at=timezone.now() - timedelta(days=age))
        output = StringIO()
        call_command("oauth_cleanup", stdout=output)
        assert ConnectionAttempt.objects.count() == kept
        assert f"attempts to connect: {2 - kept}" in output.getvalue()


def test_the_server_writes_what_is_left_when_it_stops(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(recorded, "stop", lambda: told.append("stopped"), raising=False)
    recorder.stop()
    assert told == ["stopped"]


def test_a_flow_asks_the_database_no_more_for_being_recorded(recorded: Recorded, flow: Flow, settings: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            tokens = flow.tokens()
            flow.refresh(tokens["refresh_token"])
        return len(asked)

    queries()
    with_it = queries()
    settings.OAUTH_BRIDGE_ATTEMPTS = False
    assert queries() == with_it
