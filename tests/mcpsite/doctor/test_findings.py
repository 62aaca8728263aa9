"""What findings mean for a client, and how they are written."""

import json

from mcpsite.doctor import Finding
from mcpsite.doctor.findings import as_json, verdict

GOOD = Finding("ok", "challenge", "POST /mcp", "401")
FOR_CURSOR = Finding("failure", "proxy.route", "GET /a", "404", clients=("Cursor",))
FOR_ALL = Finding("failure", "proxy.redirect", "POST /mcp", "301")
FOR_NOBODY = Finding("failure", "mcpsite.E002", "settings", "DEBUG is on", clients=None)


def test_a_client_without_failures_would_connect() -> None:
    assert verdict("Codex", [GOOD, FOR_CURSOR, FOR_NOBODY]).line == "Codex would connect"


def test_a_failure_of_its_own_stops_a_client() -> None:
    assert verdict("Cursor", [GOOD, FOR_CURSOR]).line == "Cursor would not connect: GET /a: 404"


def test_a_failure_for_all_stops_every_client() -> None:
    assert verdict("Codex", [FOR_ALL]).level == "failure"


def test_a_warning_that_names_a_client_makes_it_doubtful() -> None:
    warning = Finding("warning", "url.port", "the address", "port 8443", clients=("ChatGPT",))
    assert verdict("ChatGPT", [warning]).line == "ChatGPT may not connect: the address: port 8443"
    assert verdict("Codex", [warning]).level == "ok"


def test_a_client_is_not_promised_what_was_not_looked_at() -> None:
    unfinished = Finding("skipped", "unfinished", "the rest", "no time", ends=True)
    assert verdict("Codex", [GOOD, unfinished]).level == "skipped"


def test_programs_get_counts_findings_and_clients() -> None:
    report = json.loads(json.dumps(as_json("https://a/mcp", [GOOD, FOR_CURSOR], ["Cursor", "Codex"])))
    assert (report["failures"], report["warnings"]) == (1, 0)
    assert report["clients"] == {"Cursor": "failure", "Codex": "ok"}
    assert report["findings"][1]["clients"] == ["Cursor"]
