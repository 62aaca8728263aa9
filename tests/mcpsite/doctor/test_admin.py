"""The doctor's page: the site asks itself while it answers, under both servers, and never waits for itself."""

import os
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client as Browser

from accounts.models import User
from mcpsite import admin
from mcpsite.doctor import Finding, Patient
from oauth_bridge.models import PersonalToken
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.mcpsite.doctor.conftest import Behind
from tests.mcpsite.doctor.nginx import FORWARDED
from tests.person import Person

PAGE = "/admin/mcpsite/doctor/"


def examined(site: str, operator: str) -> list[str]:
    """The lines of the page at this address after an operator pressed the button."""
    person = Person(site, operator, PASSWORD)
    person.browser.close()
    trusting = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    with httpx.Client(
        base_url=site, timeout=60, headers={"Accept": "text/html", "Referer": site}, verify=trusting
    ) as browser:
        person.browser = browser
        return lines_after_pressing(person)


def lines_after_pressing(person: Person) -> list[str]:
    """Its lines."""
    page = person.open(f"{person.base_url}/admin/doctor/")
    field = BeautifulSoup(page.text, "html.parser").find("input", {"name": "csrfmiddlewaretoken"})
    assert field is not None, page.text
    answer = person.browser.post(
        str(page.url),
        data={"csrfmiddlewaretoken": str(field["value"])},
        headers={"Origin": person.base_url, "Referer": str(page.url)},
        timeout=admin.SECONDS + admin.GRACE + 10,
    )
    assert answer.status_code == 200, answer.text
    lines = BeautifulSoup(answer.text, "html.parser").select("ul.findings li")
    return [" ".join(line.get_text(" ").split()) for line in lines]


def test_a_site_examines_itself_while_it_answers_under_daphne() -> None:
    """One process and one event loop: were the page in its way, every request would run out of time."""
    with LiveServer("daphne", "tests.clients.settings", {"MCP_KEEP_ALIVE": "1"}, users=USERS) as server:
        server.create_user("operator", PASSWORD, is_staff=True, is_superuser=True)
        lines = examined(server.url, "operator")
    assert "✓ Codex would connect" in lines
    assert "✓ GET /sse, the stream of 2024-11-05: events arrive as they are sent" in lines
    assert [line for line in lines if line.startswith("✗")] == []


@pytest.mark.usefixtures("token")
def test_a_site_examines_itself_while_it_answers_under_uvicorn(behind: Behind) -> None:
    """And through its proxy."""
    with behind() as public:
        lines = examined(public.origin, "carol")
    assert "✓ Codex would connect" in lines
    assert "✓ GET /sse, the stream of 2024-11-05: events arrive as they are sent" in lines
    assert [line for line in lines if line.startswith("✗")] == []
    assert any("TRUSTED_PROXY_COUNT is 0" in line for line in lines)


@pytest.mark.usefixtures("token")
def test_the_page_sees_how_its_own_request_arrived(behind: Behind) -> None:
    with behind(told=FORWARDED.replace("$scheme", "http")) as public:
        lines = examined(public.origin, "carol")
    assert any(line.startswith("✗ failure: X-Forwarded-Proto of your own request: not https") for line in lines)


@pytest.fixture
def staff(client: Browser, db: None) -> Browser:
    """Somebody with a way into the admin and no permission there."""
    user = User.objects.create_user("staff", is_staff=True)
    client.force_login(user)
    return client


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Patient]:
    """Patients that were examined; each has markup in what was found."""
    patients: list[Patient] = []

    def examine(patient: Patient, seconds: float) -> list[Finding]:
        patients.append(patient)
        return [Finding("failure", "x", "<script>alert(1)</script>", "wrong", mend="Do <b>this</b>.")]

    monkeypatch.setattr(admin, "within", examine)
    return patients


def allow(browser: Browser) -> None:
    """Give the permission."""
    user = User.objects.get(username="staff")
    user.user_permissions.add(Permission.objects.get(codename="run_doctor"))


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_permission_there_is_no_page(staff: Browser, found: list[Patient], method: str) -> None:
    assert getattr(staff, method)(PAGE).status_code == 403
    assert found == []


def test_with_the_permission_it_is_on_the_front_page(staff: Browser) -> None:
    allow(staff)
    assert PAGE in staff.get("/admin/").content.decode()


def test_looking_at_the_page_examines_nothing(staff: Browser, found: list[Patient]) -> None:
    allow(staff)
    assert staff.get(PAGE).status_code == 200
    assert found == []


def test_only_this_sites_own_addresses_are_examined(staff: Browser, found: list[Patient]) -> None:
    allow(staff)
    staff.post(PAGE, {"resource": "https://elsewhere.example/mcp"})
    assert [patient.url for patient in found] == ["http://localhost:8000/mcp"]


def test_what_was_found_is_text(staff: Browser, found: list[Patient]) -> None:
    allow(staff)
    page = staff.post(PAGE).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: wrong" in page
    assert "Do &lt;b&gt;this&lt;/b&gt;." in page


def test_the_token_is_gone_when_the_page_is_there(staff: Browser, found: list[Patient]) -> None:
    allow(staff)
    staff.post(PAGE)
    assert found[0].token.startswith("mcp_pat_")
    assert found[0].token not in staff.post(PAGE).content.decode()
    assert not PersonalToken.objects.exists()


def test_the_token_is_gone_also_when_the_examination_breaks(staff: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(patient: Patient, seconds: float) -> Any:
        raise RuntimeError

    allow(staff)
    monkeypatch.setattr(admin, "within", breaks)
    with pytest.raises(RuntimeError):
        staff.post(PAGE)
    assert not PersonalToken.objects.exists()


def test_one_examination_at_a_time(staff: Browser, found: list[Patient]) -> None:
    allow(staff)
    with admin._running:
        assert "The doctor is busy" in staff.post(PAGE).content.decode()
    assert found == []


def test_an_examination_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(patient: Patient) -> Iterator[Finding]:
        yield Finding("ok", "a", "a", "a")
        release.wait(30)

    release = threading.Event()
    monkeypatch.setattr(admin, "Examination", hangs)
    try:
        got = admin.within(Patient("https://a/mcp"), 0.1)
    finally:
        release.set()
    assert [finding.check for finding in got] == ["a", "unfinished"]


@pytest.mark.parametrize("how", [[], ["--all"]])
def test_a_dump_of_the_database_passes_over_what_has_no_table(db: None, how: list[str], capsys: Any) -> None:
    call_command("dumpdata", "mcpsite", *how)
    assert capsys.readouterr().out.strip() == "[]"
