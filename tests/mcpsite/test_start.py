"""`make run` from a clone: what it prepares, prints and refuses."""

import re
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.mcpsite.copies import Running, complaint, free_port, make

KEY = f"SECRET_KEY={'k' * 50}"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def busy() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def password_in(output: str) -> str | None:
    found = re.search(r"admin / (\S+)", output)
    return found[1] if found else None


def sign_in(url: str, password: str) -> httpx.Response:
    with httpx.Client(base_url=url, follow_redirects=True) as browser:
        page = browser.get("/accounts/login/?next=/admin/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        form = {"login": "admin", "password": password, "csrfmiddlewaretoken": token[1]}
        return browser.post("/accounts/login/?next=/admin/", data=form)


def test_the_first_run_prepares_everything_and_serves(installed: Path, port: int) -> None:
    with Running(installed, f"PORT={port}") as run:
        url = f"http://localhost:{port}"
        assert f"MCP URL   {url}/mcp" in run.output
        assert f"Admin     {url}/admin/" in run.output
        assert "Next: open" in run.output
        home = httpx.get(f"{url}/")
        assert f"{url}/mcp" in home.text
        assert "--background" in httpx.get(f"{url}/static/site.css").text
        assert httpx.post(f"{url}/mcp", json={}).status_code == 401
        password = password_in(run.output)
        assert password is not None
        assert "Site administration" in sign_in(url, password).text


def test_a_second_run_changes_nothing(installed: Path) -> None:
    with Running(installed, f"PORT={free_port()}") as first:
        assert password_in(first.output)
    settings = (installed / ".env").read_text()
    with Running(installed, f"PORT={free_port()}") as second:
        assert password_in(second.output) is None
    assert (installed / ".env").read_text() == settings
    with sqlite3.connect(installed / "db.sqlite3") as database:
        assert database.execute("select count(*) from accounts_user").fetchone() == (1,)


def test_the_environment_moves_it_to_another_port(installed: Path, port: int) -> None:
    with Running(installed, env={"PORT": str(port)}):
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200


def test_a_public_url_in_the_settings_wins_over_the_port(installed: Path, port: int) -> None:
    (installed / ".env").write_text(f"{KEY}\nPUBLIC_URL=https://mcp.example.com\n")
    with Running(installed, f"PORT={port}") as run:
        assert "MCP URL   https://mcp.example.com/mcp" in run.output


def test_a_local_public_url_with_another_port_is_pointed_out(installed: Path, port: int) -> None:
    (installed / ".env").write_text(f"{KEY}\nPUBLIC_URL=http://localhost:1234\n")
    with Running(installed, f"PORT={port}") as run:
        assert f"PUBLIC_URL says port 1234 while this server listens on {port}" in run.output


def test_requests_are_logged_without_their_query(installed: Path, port: int) -> None:
    run = Running(installed, f"PORT={port}")
    with run:
        httpx.get(f"http://localhost:{port}/?code=hunter2")
        assert run.process.stdout is not None
        line = next(line for line in run.process.stdout if "GET" in line)
    assert re.match(r"GET / 200 \d+ ms", line)


def test_a_busy_port_is_one_sentence(installed: Path, busy: int) -> None:
    result = make(installed, "run", f"PORT={busy}")
    assert complaint(result) == (
        f"CommandError: Port {busy} is in use: stop what listens there, or take another one with "
        f"PORT={busy + 1} make run."
    )
    assert not (installed / "db.sqlite3").exists()


def test_a_port_that_is_none_is_one_sentence(installed: Path) -> None:
    result = make(installed, "run", "PORT=abc")
    assert complaint(result) == "PORT must be a whole number, not 'abc'."


def test_a_broken_line_in_the_settings_is_one_sentence_with_its_number(installed: Path) -> None:
    (installed / ".env").write_text(f"{KEY}\n\nDEBUG: true\n")
    assert complaint(make(installed, "run")).startswith(f"Line 3 of {installed}/.env is broken: write NAME=value")


def test_settings_without_a_key_are_one_sentence(installed: Path) -> None:
    (installed / ".env").write_text("DEBUG=true\n")
    assert complaint(make(installed, "run")).startswith("SECRET_KEY is not set: put a long random value into .env")


def test_a_public_url_with_a_path_is_one_sentence(installed: Path) -> None:
    (installed / ".env").write_text(f"{KEY}\nPUBLIC_URL=https://example.com/base\n")
    assert "which clients cannot use: it has something behind the host." in complaint(make(installed, "run"))


def test_a_database_that_does_not_answer_is_one_sentence(installed: Path, port: int) -> None:
    url = f"postgres://u:hunter2@127.0.0.1:{free_port()}/site"
    (installed / ".env").write_text(f"{KEY}\nDATABASE_URL={url}\n")
    said = complaint(make(installed, "run", f"PORT={port}"))
    assert said.startswith("CommandError: The database cannot be used (")
    assert "correct DATABASE_URL in .env" in said
    assert "hunter2" not in said


def test_a_database_that_is_none_is_one_sentence(installed: Path, port: int) -> None:
    (installed / ".env").write_text(f"{KEY}\n")
    (installed / "db.sqlite3").write_text("this is no database" * 100)
    said = complaint(make(installed, "run", f"PORT={port}"))
    assert "db.sqlite3 cannot be written (file is not a database)" in said
