"""System checks of the public URL."""

import pytest
from django.core import checks
from pytest_django import Settings

from tests import services
from tests.live import free_port


def ids(*, deploy: bool = False) -> set[str]:
    messages = checks.run_checks(include_deployment_checks=deploy)
    return {message.id for message in messages if message.id and message.id.startswith("mcpsite.")}


@pytest.mark.parametrize("url", ["http://localhost:8000", "https://mcp.example.com", "https://[2001:db8::1]:8443"])
def test_an_origin_is_accepted(settings: Settings, url: str) -> None:
    settings.PUBLIC_URL = url
    assert ids() == set()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mcp.example.com",
        "ftp://mcp.example.com",
        "https://",
        "https://mcp.example.com/base",
        "https://mcp.example.com?a=b",
        "https://mcp.example.com#top",
        "https://user@mcp.example.com",
        "https://mcp example.com",
        "https://mcp.example.com:port",
        "https://[bad",
    ],
)
def test_a_public_url_that_is_no_origin_is_an_error(settings: Settings, url: str) -> None:
    settings.PUBLIC_URL = url
    assert "mcpsite.E001" in ids()


def test_debug_on_a_public_site_is_an_error(settings: Settings) -> None:
    settings.DEBUG, settings.PUBLIC_URL = True, "https://mcp.example.com"
    assert ids() == {"mcpsite.E002"}


def test_a_public_url_that_cannot_be_parsed_is_not_taken_for_home(settings: Settings) -> None:
    settings.DEBUG, settings.PUBLIC_URL = True, "https://[bad"
    assert ids() == {"mcpsite.E001", "mcpsite.E002"}


def test_debug_at_home_is_fine(settings: Settings) -> None:
    settings.DEBUG, settings.PUBLIC_URL = True, "http://localhost:8000"
    assert ids(deploy=True) == set()


def test_plain_http_is_an_error_when_deploying(settings: Settings) -> None:
    settings.DEBUG, settings.PUBLIC_URL = False, "http://mcp.example.com"
    assert ids(deploy=True) == {"mcpsite.E003"}


def test_plain_http_is_no_error_in_daily_checks(settings: Settings) -> None:
    settings.DEBUG, settings.PUBLIC_URL = False, "http://mcp.example.com"
    assert ids() == set()


def test_https_passes_when_deploying(settings: Settings) -> None:
    settings.DEBUG, settings.PUBLIC_URL = False, "https://mcp.example.com"
    assert ids(deploy=True) == set()


def test_a_redis_that_does_not_answer_is_an_error_when_deploying(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://mcp.example.com"
    settings.REDIS_URL = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    assert (ids(), ids(deploy=True)) == (set(), {"mcpsite.E004"})


def test_a_redis_that_answers_is_fine(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.REDIS_URL = "https://mcp.example.com", services.redis()
    assert ids(deploy=True) == set()


def test_several_processes_without_redis_are_warned_about(settings: Settings) -> None:
    settings.WEB_CONCURRENCY, settings.REDIS_URL = 4, ""
    assert ids() == {"mcpsite.W001"}


def test_several_processes_with_redis_are_fine(settings: Settings) -> None:
    settings.WEB_CONCURRENCY, settings.REDIS_URL = 4, "redis://localhost"
    assert ids() == set()
