"""`make run` from a clone: what it prepares, prints and refuses."""

import errno
import os
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError
from pytest_django import Settings

from mcp_endpoint.endpoints import endpoints
from mcpsite.management.commands.start import free_addresses, greeting
from tests.mcpsite.copies import Running, complaint, copy_site, free_port, give_environment, make

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


def get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=60)


def sign_in(url: str, password: str) -> httpx.Response:
    with httpx.Client(base_url=url, timeout=60, follow_redirects=True) as browser:
        page = browser.get("/accounts/login/?next=/admin/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        form = {"login": "admin", "password": password, "csrfmiddlewaretoken": token[1]}
        return browser.post("/accounts/login/?next=/admin/", data=form)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A clone that was started for the first time, and still runs."""
    folder = copy_site(tmp_path_factory.mktemp("first") / "site-copy")
    give_environment(folder)
    with Running(folder, f"PORT={free_port()}") as running:
        yield running


def test_the_first_run_says_where_it_is_and_what_to_do_next(first: Running) -> None:
    assert f"MCP URL   {first.url}/mcp" in first.output
    assert f"Admin     {first.url}/admin/" in first.output
    assert f"Next: open {first.url}/" in first.output


def test_it_serves_the_home_page_the_stylesheet_and_the_endpoint(first: Running) -> None:
    assert f"{first.url}/mcp" in get(f"{first.url}/").text
    assert "--background" in get(f"{first.url}/static/site.css").text
    assert httpx.post(f"{first.url}/mcp", json={}, timeout=60).status_code == 401


def test_the_first_administrator_signs_in_with_the_password_that_was_printed(first: Running) -> None:
    password = password_in(first.output)
    assert password is not None
    assert "Site administration" in sign_in(first.url, password).text


def test_requests_are_logged_without_their_query(first: Running) -> None:
    get(f"{first.url}/no/such/page?code=hunter2")
    line = first.line_with("GET /no/such/page")
    assert re.match(r"GET /no/such/page 404 \d+ ms", line)


def test_a_second_run_changes_nothing(first: Running) -> None:
    settings = (first.folder / ".env").read_text()
    with Running(first.folder, env={"PORT": str(free_port())}) as second:
        assert password_in(second.output) is None
        assert "Creating" not in second.output
        assert get(f"{second.url}/").status_code == 200
    assert (first.folder / ".env").read_text() == settings
    with closing(sqlite3.connect(first.folder / "db.sqlite3")) as database:
        assert database.execute("select count(*) from accounts_user").fetchone() == (1,)


def test_ctrl_c_ends_it_well(first: Running) -> None:
    """To all of the terminal's processes, as a terminal sends it. `make` ends with what it runs."""
    with Running(first.folder, env={"PORT": str(free_port())}) as running:
        assert get(f"{running.url}/").status_code == 200
        os.killpg(running.process.pid, signal.SIGINT)
        said, _ = running.process.communicate(timeout=30)
        assert "Traceback" not in said
        assert "Killed" not in said


def test_a_public_url_wins_over_the_port(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.PORT = "https://mcp.example.com", 9000
    endpoints.cache_clear()  # they keep the URL that they were first asked under
    try:
        said = "\n".join(greeting(None))
    finally:
        endpoints.cache_clear()
    assert "MCP URL   https://mcp.example.com/mcp" in said
    assert "9000" not in said


def test_a_local_public_url_with_another_port_is_pointed_out(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.PORT = "http://localhost:1234", 9000
    assert "PUBLIC_URL says port 1234 while this server listens on 9000" in "\n".join(greeting(None))


def binding(monkeypatch: pytest.MonkeyPatch, **errors: int) -> None:
    """Make binding to an address fail with an error number."""

    def bind(self: socket.socket, address: tuple[str, int]) -> None:
        name = "ipv6" if self.family == socket.AF_INET6 else "ipv4"
        if name in errors:
            raise OSError(errors[name], "refused")

    monkeypatch.setattr(socket.socket, "bind", bind)


def test_it_listens_on_both_addresses_of_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    binding(monkeypatch)
    assert free_addresses(8000) == ["127.0.0.1", "::1"]


def test_it_listens_on_one_where_there_is_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    binding(monkeypatch, ipv6=errno.EADDRNOTAVAIL)
    assert free_addresses(8000) == ["127.0.0.1"]


def test_a_reserved_port_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    binding(monkeypatch, ipv4=errno.EACCES)
    with pytest.raises(CommandError, match="Port 80 is reserved for the system: take one above 1023"):
        free_addresses(80)


def test_no_network_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    binding(monkeypatch, ipv4=errno.EADDRNOTAVAIL)
    with pytest.raises(CommandError, match=r"This machine has no address 127\.0\.0\.1"):
        free_addresses(8000)


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
