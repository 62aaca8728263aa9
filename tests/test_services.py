"""A test without its service is skipped at home and fails in continuous integration."""

from pathlib import Path

import pytest

from tests.services import database, nginx, redis


def test_the_url_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", "redis://somewhere")
    assert redis() == "redis://somewhere"


def test_without_a_service_the_test_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="TEST_DATABASE_URL is not set"):
        database()


def test_in_continuous_integration_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="TEST_DATABASE_URL is not set"):
        database()


def test_the_proxy_is_found_where_it_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "nginx"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert nginx() == str(program)


def test_a_machine_can_say_that_it_cannot_have_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *arguments, **options: None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception):
        nginx()
    monkeypatch.setenv("TEST_WITHOUT_NGINX", "1")
    with pytest.raises(pytest.skip.Exception, match="nginx is not installed"):
        nginx()
