"""Runs the official MCP conformance suite against this site: `make conformance`.

1. The server scenarios that each specification revision requires, against a fixture server: the settings of
   `tests.conformance`, which ask for no token because the suite sends none.
2. The authorization scenarios, against the real site: a client registers, a person signs in and allows.

There is no list of expected failures. It ends with one line of counts, and with an exit code other than 0
when a scored scenario failed, was not run, or checked nothing. Results are kept in build/conformance.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.node import NODE, environment, find_npx  # noqa: E402  (the project is importable only from here on)
from tests.live import LiveServer, free_port  # noqa: E402
from tests.person import Person, StuckError  # noqa: E402

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
REVISIONS = ("2025-11-25", "2026-07-28")
AUTHORIZATION = ("authorization-server-metadata-endpoint", "authorization-code-grant")
RESULTS = ROOT / "build" / "conformance"
MOST_SECONDS = 900
LONGEST_MESSAGE = 500
USERNAME, PASSWORD = "conformance", "a passphrase for one run"

# <kind>-<scenario>-<time, in the suite's spelling>
RESULT_NAME = re.compile(r"(?:server|authorization-server)-(.+)-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d+Z")


@dataclass
class Scenario:
    """What one scenario's checks came to."""

    name: str
    passed: int = 0
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing failed, and something was checked: silence is no success."""
        return self.passed > 0 and not self.failures


@dataclass
class Run:
    """One run of the suite: the scenarios that count, and those that are only reported."""

    title: str
    scored: list[Scenario]
    others: list[Scenario]

    @property
    def ok(self) -> bool:
        return bool(self.scored) and all(scenario.ok for scenario in self.scored)

    def __str__(self) -> str:
        return f"{self.title} {sum(scenario.ok for scenario in self.scored)}/{len(self.scored)}"


def main() -> int:
    """Run everything; the exit code."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    npx = find_npx()
    runs = [*server_runs(npx), authorization_run(npx)]
    for run in runs:
        report(run)
    every = [scenario for run in runs for scenario in run.scored]
    print(
        f"conformance: {', '.join(map(str, runs))} scenarios passed; "
        f"{sum(s.passed for s in every)} checks passed, {sum(len(s.failures) for s in every)} failed, "
        f"{sum(len(s.warnings) for s in every)} warned"
    )
    return 0 if all(run.ok for run in runs) else 1


# --- What is run ------------------------------------------------------------------------------


def server_runs(npx: str) -> Iterator[Run]:
    """The required server scenarios of each revision, against the fixture server."""
    with LiveServer("uvicorn", settings="tests.conformance.settings") as server:
        for revision in REVISIONS:
            output = RESULTS / revision
            required = required_scenarios(npx, revision)
            arguments = (
                "server",
                "--url",
                f"{server.url}/mcp",
                "--requirements",
                revision,
                "-o",
                str(output),
            )
            print(f"Running {len(required)} server scenarios of {revision} ...", flush=True)
            run_suite(npx, arguments, RESULTS / f"{revision}.log")
            yield score(revision, required, output)
        (RESULTS / "server.log").write_text(server.log_text())


def authorization_run(npx: str) -> Run:
    """Both authorization scenarios, against the real site."""
    output = RESULTS / "authorization"
    with LiveServer("uvicorn") as server:
        server.create_user(USERNAME, PASSWORD)
        port = free_port()
        client_id = register_client(server.url, f"http://127.0.0.1:{port}/callback")
        arguments = ("authorization", "--url", server.url, "--client-id", client_id, "--port", str(port))
        print(f"Running {len(AUTHORIZATION)} authorization scenarios ...", flush=True)
        person = Person(server.url, USERNAME, PASSWORD)
        run_suite(npx, (*arguments, "-o", str(output)), RESULTS / "authorization.log", person)
        (RESULTS / "authorization-server.log").write_text(server.log_text())
    return score("authorization", AUTHORIZATION, output)


def register_client(issuer: str, redirect_uri: str) -> str:
    """Client id of a new public client (RFC 7591), registered where the metadata says."""
    metadata = httpx.get(f"{issuer}/.well-known/oauth-authorization-server").raise_for_status().json()
    request = {
        "client_name": "Conformance suite",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "none",
    }
    answer = httpx.post(metadata["registration_endpoint"], json=request).raise_for_status()
    client_id: str = answer.json()["client_id"]
    return client_id


# --- The suite --------------------------------------------------------------------------------


def command(npx: str, *arguments: str) -> list[str]:
    """Command line of the pinned suite on a Node.js that it accepts."""
    return [npx, "-y", "-p", NODE, "-p", SUITE, "conformance", *arguments]


def required_scenarios(npx: str, revision: str) -> tuple[str, ...]:
    """Names of the server scenarios that a revision requires, as the suite lists them."""
    listed = subprocess.run(
        command(npx, "list", "--server", "--requirements", revision),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=True,
    ).stdout
    section = listed.partition("Server scenarios")[2].partition("\n\n")[0]
    names = tuple(re.findall(r"^ +- (\S+)$", section, flags=re.MULTILINE))
    if not names:
        raise SystemExit(f"The suite lists no server scenario for {revision}:\n{listed}")
    return names


def run_suite(npx: str, arguments: tuple[str, ...], log: Path, person: Person | None = None) -> None:
    """Run the suite, keeping what it prints; `person` opens the authorization URL that it prints."""
    process = subprocess.Popen(
        command(npx, *arguments),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watchdog = Timer(MOST_SECONDS, end, [process])
    watchdog.start()
    try:
        with log.open("w") as file:
            for line in process.stdout or ():
                file.write(line)
                if person is not None and line.startswith(person.base_url) and "response_type=code" in line:
                    httpx.get(person.visit(line.strip()))
    except BaseException as error:
        # The suite would wait five minutes for somebody who is not coming.
        end(process)
        if not isinstance(error, StuckError | httpx.HTTPError):
            raise
        print(f"The person did not get through: {error}", flush=True)
    finally:
        watchdog.cancel()
        process.wait()


def end(process: subprocess.Popen[str]) -> None:
    """End npx together with the suite, which it runs in a process of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


# --- What came out ----------------------------------------------------------------------------


def score(title: str, required: tuple[str, ...], output: Path) -> Run:
    """The run behind a folder of results; a required scenario without any is a failure."""
    found = {scenario.name: scenario for scenario in map(read_result, sorted(output.glob("*/checks.json")))}
    scored = [found.pop(name, Scenario(name, failures=["it was not run"])) for name in required]
    return Run(title, scored, [*found.values()])


def read_result(path: Path) -> Scenario:
    """One scenario's checks, counted by status."""
    named = RESULT_NAME.fullmatch(path.parent.name)
    scenario = Scenario(named[1] if named else path.parent.name)
    for check in json.loads(path.read_text()):
        said = " ".join((check.get("errorMessage") or check["description"]).split())
        message = f"{check['id']}: {said[:LONGEST_MESSAGE]}"
        match check["status"]:
            case "SUCCESS":
                scenario.passed += 1
            case "FAILURE":
                scenario.failures.append(message)
            case "WARNING":
                scenario.warnings.append(message)
    return scenario


def report(run: Run) -> None:
    """Print what did not pass, then what is not scored."""
    for scenario in run.scored:
        if not scenario.ok:
            print(f"FAILED {run.title} {scenario.name}")
            for failure in scenario.failures or ["it checked nothing"]:
                print(f"    {failure}")
        for warning in scenario.warnings:
            print(f"warning {run.title} {scenario.name}: {warning}")
    for scenario in run.others:
        print(f"not scored {run.title} {scenario.name}: {'passed' if scenario.ok else 'not passed'}")


if __name__ == "__main__":
    sys.exit(main())
