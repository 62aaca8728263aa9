"""`manage.py mcp_doctor` as an operator runs it."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mcpsite.management.commands.mcp_doctor import mcp_url
from tests.conftest import USERS
from tests.live import ROOT, LiveServer
from tests.mcpsite.doctor.conftest import Behind

LEFT_BEHIND = """
from oauth_bridge.models import Client, Connection, PersonalToken
print(PersonalToken.objects.filter(client__name="mcp_doctor").count(),
      Client.objects.filter(name__contains="mcp_doctor", disabled=False).count())
"""


def doctor(server: LiveServer, *arguments: str, **env: str) -> tuple[int, str]:
    """Exit code and output."""
    done = subprocess.run(
        [sys.executable, "manage.py", "mcp_doctor", *arguments],
        cwd=ROOT,
        env={**server.environment(), "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"], **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_right_site_gets_a_clean_report_and_keeps_nothing(site: LiveServer, behind: Behind) -> None:
    with behind():
        code, output = doctor(site, "--user", "alice")
    assert code == 0, output
    assert "✓ Cursor would connect" in output
    assert "✓ POST /mcp, subscriptions/listen of 2026-07-28: events arrive as they are sent" in output
    assert "✗" not in output
    assert site.manage("shell", "--no-imports", "-c", LEFT_BEHIND).split()[-2:] == ["0", "0"]


def test_a_wrong_one_is_told_line_by_line_and_how_to_mend_it(site: LiveServer, behind: Behind) -> None:
    with behind("proxy_hide_header WWW-Authenticate;"):
        code, output = doctor(site)
    assert code == 1
    assert "✗ POST /mcp: 401 without WWW-Authenticate: Bearer resource_metadata=…" in output
    assert "    mend: Let the proxy pass the response header WWW-Authenticate" in output
    assert "✗ Codex would not connect: POST /mcp" in output


def test_a_token_comes_from_the_environment_and_is_not_shown(site: LiveServer, behind: Behind, token: str) -> None:
    with behind():
        code, output = doctor(site, "--token", "--json", MCP_DOCTOR_TOKEN=token)
    assert code == 0, output
    assert token not in output
    assert json.loads(output)["clients"]["Codex"] == "ok"


def test_processes_that_do_not_share_sessions_and_share_one_sqlite_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    two = ("--workers", "2", "--timeout-worker-healthcheck", "60")
    with LiveServer("uvicorn", settings="tests.clients.settings", users=USERS, arguments=two) as server:
        while server.log_text().count("Application startup complete") < 2:
            time.sleep(0.05)
        code, output = doctor(server, "--user", "alice", "--json")
    found = {finding["check"]: finding for finding in json.loads(output)["findings"]}
    assert code == 1
    assert "MCP_SESSIONS=false" in found["sessions.processes"]["mend"]
    assert found["database.sqlite"]["got"] == "SQLite, in use by 2 processes"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "http://localhost:8000/mcp"),
        ("https://mcp.example.com", "https://mcp.example.com/mcp"),
        ("mcp.example.com/", "https://mcp.example.com/mcp"),
        ("HTTPS://MCP.example.com:443/Mcp", "https://mcp.example.com/Mcp"),
        ("https://mcp.example.com/other/", "https://mcp.example.com/other"),
    ],
)
def test_the_mcp_url_is_found_in_what_was_given(given: str, url: str) -> None:
    assert mcp_url(given) == url


@pytest.mark.parametrize(
    "given", ["ftp://mcp.example.com", "https://[", "https://", "https://a/mcp?x=1", "https://a:b@c/mcp"]
)
def test_what_is_no_mcp_url_is_refused(given: str) -> None:
    with pytest.raises(CommandError):
        mcp_url(given)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["https://elsewhere.example", "--user", "alice"], "use --token"),
        (["--user", "nobody"], "no active user 'nobody'"),
    ],
)
def test_a_user_must_be_one_of_this_site(arguments: list[Any], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("mcp_doctor", *arguments)
