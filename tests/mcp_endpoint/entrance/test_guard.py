"""Which Hosts and Origins are ours, and what a preflight is told."""

import pytest
from pytest_django import Settings

from mcp_endpoint.entrance import guard
from mcp_endpoint.errors import HttpError


class TestAHost:
    @pytest.mark.parametrize("host", [b"localhost", b"localhost:8000", b"LOCALHOST:8000", b"127.0.0.1:1", b"[::1]:80"])
    def test_of_this_server_passes(self, host: bytes) -> None:
        guard.check_host({b"host": host})

    @pytest.mark.parametrize(
        "host",
        [
            b"evil.example",
            b"localhost.evil.example",
            b"evil.example:8000",
            b"localhost@evil.example",
            b"localhost:80:80",
            b"",
            b":8000",
            b"\xff",
        ],
    )
    def test_of_somebody_else_is_refused(self, host: bytes) -> None:
        with pytest.raises(HttpError) as raised:
            guard.check_host({b"host": host})
        assert raised.value.status == 403

    def test_is_needed(self) -> None:
        with pytest.raises(HttpError):
            guard.check_host({})

    def test_may_be_one_that_the_operator_allows(self, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = [".example.org"]
        guard.check_host({b"host": b"mcp.example.org"})


class TestAnOrigin:
    def test_may_be_missing(self) -> None:
        assert guard.check_origin({}) is None

    @pytest.mark.parametrize(
        "origin",
        [
            "http://localhost:8000",
            "http://localhost",
            "https://localhost:6274",
            "http://127.0.0.1:6274",
            "http://[::1]:6274",
        ],
    )
    def test_of_this_machine_passes(self, origin: str) -> None:
        assert guard.check_origin({b"origin": origin.encode()}) == origin

    @pytest.mark.parametrize(
        "origin",
        [
            b"https://evil.example",
            b"http://localhost.evil.example",
            b"http://evil.example/localhost",
            b"http://localhost@evil.example",
            b"http://127.0.0.1.evil.example",
            b"http://evil.example#localhost",
            b"file://localhost",
            b"localhost",
            b"null",
            b"",
            b"http://[::1",
            b"http://[evil]",
            b"\xff\xfe",
        ],
    )
    def test_of_somebody_else_is_refused(self, origin: bytes) -> None:
        with pytest.raises(HttpError) as raised:
            guard.check_origin({b"origin": origin})
        assert raised.value.status == 403

    @pytest.mark.parametrize(
        "origin",
        [
            b"http://localhost/",
            b"http://localhost/path",
            b"http://evil.example@localhost",
            b"http://local\r\nhost",
            b"http://localhost/\r\nset-cookie: a=b",
            b" http://localhost",
        ],
    )
    def test_that_no_browser_would_send_is_refused(self, origin: bytes) -> None:
        """RFC 6454 §7: scheme, host and port. It is echoed, so nothing else may come with it."""
        with pytest.raises(HttpError):
            guard.check_origin({b"origin": origin})

    def test_may_be_the_public_one(self, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://mcp.example.org/base"
        assert guard.check_origin({b"origin": b"https://mcp.example.org"}) == "https://mcp.example.org"

    def test_may_be_one_that_the_operator_allows(self, settings: Settings) -> None:
        settings.MCP_ALLOWED_ORIGINS = ["https://app.example.com"]
        assert guard.check_origin({b"origin": b"https://app.example.com"}) == "https://app.example.com"
        with pytest.raises(HttpError):
            guard.check_origin({b"origin": b"http://app.example.com"})


class TestCorsHeaders:
    def test_are_none_without_an_origin(self) -> None:
        assert guard.cors_headers(None) == ()

    def test_name_the_one_origin_and_never_credentials(self) -> None:
        headers = dict(guard.cors_headers("http://localhost:6274"))
        assert headers[b"access-control-allow-origin"] == b"http://localhost:6274"
        assert headers[b"vary"] == b"Origin"
        assert b"access-control-allow-credentials" not in headers

    def test_let_pages_read_the_challenge_and_the_session(self) -> None:
        exposed = dict(guard.cors_headers("http://localhost"))[b"access-control-expose-headers"]
        assert {b"www-authenticate", b"mcp-session-id"} <= set(exposed.split(b", "))


def allowed(asked: bytes) -> list[bytes]:
    """The headers that a preflight asking for these is allowed."""
    headers = dict(guard.preflight_headers({b"access-control-request-headers": asked}))
    return headers[b"access-control-allow-headers"].split(b", ")


class TestAPreflight:
    def test_allows_the_headers_of_the_protocol(self) -> None:
        assert {b"authorization", b"mcp-session-id", b"mcp-protocol-version", b"last-event-id"} <= set(allowed(b""))

    def test_allows_mirrored_parameters(self) -> None:
        assert allowed(b"content-type, Mcp-Param-Region")[-1] == b"mcp-param-region"

    @pytest.mark.parametrize(
        "asked",
        [
            b"x-evil",
            b"mcp-param-a\r\nset-cookie: x",
            b"mcp-param-*",
            b"mcp-param-a;b",
            b"mcp-param-\xff",
            b"x-mcp-param-a",
        ],
    )
    def test_allows_nothing_else(self, asked: bytes) -> None:
        assert allowed(asked) == allowed(b"")
