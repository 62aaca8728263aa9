"""What the doctor sees on the server alone: settings, Redis, the database, and how a request arrived."""

from typing import Any

import pytest
from django.test import override_settings

from mcpsite.doctor import Finding, redis
from mcpsite.doctor.inside import Seen, arrival, examine
from tests.live import free_port
from tests.mcpsite.doctor.conftest import named, only
from tests.services import redis as running_redis

PUBLIC = "https://mcp.example.com"


@pytest.fixture
def public(settings: Any) -> Any:
    """The settings of a site at a public address."""
    settings.PUBLIC_URL = PUBLIC
    return settings


def arrived(**changes: Any) -> list[Finding]:
    """What is found in a request that came in the right way but for these changes."""
    seen = {"host": "mcp.example.com", "is_secure": True, "forwarded_for": "203.0.113.7", **changes}
    return list(arrival(Seen(**seen)))


def test_redis_that_is_not_there() -> None:
    (found,) = redis.examine([f"redis://:secret@localhost:{free_port()}/0"])
    assert (found.level, found.check) == ("failure", "redis")
    assert "secret" not in found.line


def test_redis_that_answers() -> None:
    assert [finding.level for finding in redis.examine([running_redis()])] == ["ok"]


def test_redis_that_refuses_the_password() -> None:
    (found,) = redis.examine([running_redis().replace("redis://", "redis://nobody:wrong@")])
    assert found.got.startswith("refuses: -")
    assert "wrong@" not in found.line


@override_settings(
    REDIS_URL="redis://one/0",
    CACHES={"default": {"BACKEND": "x", "LOCATION": ["redis://two", "redis://one/0"]}, "files": {"LOCATION": "/tmp"}},
    CHANNEL_LAYERS={"default": {"CONFIG": {"hosts": [("three", 6380), {"address": "rediss://four"}]}}},
)
def test_every_redis_of_the_settings_is_known_once() -> None:
    assert redis.urls() == ["redis://one/0", "redis://two", "redis://three:6380", "rediss://four"]


def test_a_site_that_is_set_up_well(public: Any) -> None:
    found = list(examine(None))
    assert {finding.level for finding in found} == {"ok"}


def test_debug_on_a_public_address(public: Any) -> None:
    public.DEBUG = True
    found = only(examine(None), "mcpsite.E002")
    assert found.level == "failure"
    assert found.mend == "Set DEBUG=false."


def test_a_public_url_without_tls(public: Any) -> None:
    public.PUBLIC_URL = "http://mcp.example.com"
    assert "mcpsite.E003" in named(examine(None))


def test_on_ones_own_machine_no_tls_is_asked_for(settings: Any) -> None:
    settings.PUBLIC_URL = "http://localhost:8000"
    assert named(examine(None)) == set()


def test_silence_that_proxies_do_not_bear(public: Any) -> None:
    public.MCP_KEEP_ALIVE = 120
    assert named(examine(None)) == {"settings.keep-alive"}


def test_a_request_that_arrived_well(public: Any) -> None:
    public.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert arrived() == []


def test_a_request_that_seems_to_be_http(public: Any) -> None:
    public.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert named(arrived(is_secure=False)) == {"proxy.scheme"}


def test_a_proxy_that_is_not_counted(public: Any) -> None:
    assert "TRUSTED_PROXY_COUNT is 0" in only(arrived(), "proxy.count").got


def test_a_proxy_that_does_not_say_for_whom_it_asks(public: Any) -> None:
    public.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert only(arrived(forwarded_for=""), "proxy.count").got == "0 addresses, and TRUSTED_PROXY_COUNT is 1"


def test_a_request_that_came_around_the_proxy_says_nothing_about_it(public: Any) -> None:
    assert arrived(host="10.0.0.5:8000", is_secure=False) == []
