"""Pages in browsers: preflights are answered before anything else, and answers may be read."""

import pytest

from tests.clients.conftest import WireOf
from tests.clients.wire import Wire
from tests.conftest import PersonOf

INSPECTOR = "http://localhost:6274"
OPEN_PATHS = (
    "/token",
    "/register",
    "/revoke",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
)
MCP_HEADERS = (
    "authorization",
    "content-type",
    "mcp-protocol-version",
    "mcp-session-id",
    "mcp-method",
    "mcp-name",
)


def asked(headers: str, method: str = "POST", origin: str = INSPECTOR) -> dict[str, str]:
    """Headers of a preflight (Fetch §4.8)."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }


def names(value: str) -> set[str]:
    """Header names or methods of a comma-separated list, in lower case."""
    return {name.strip().lower() for name in value.split(",")}


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/sse", "/messages/"])
def test_the_endpoint_answers_a_preflight_without_a_token(wire_of: WireOf, path: str) -> None:
    response = wire_of(None).http.options(path, headers=asked(", ".join(MCP_HEADERS)))

    assert response.status_code in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] in ("*", INSPECTOR)
    assert set(MCP_HEADERS) <= names(response.headers["Access-Control-Allow-Headers"])
    assert {"get", "post", "delete"} <= names(response.headers["Access-Control-Allow-Methods"])


def test_the_endpoint_never_takes_cookies(wire_of: WireOf) -> None:
    response = wire_of(None).http.options("/mcp", headers=asked("authorization"))

    assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_mirrored_argument_header_is_allowed(wire_of: WireOf) -> None:
    response = wire_of(None).http.options("/mcp", headers=asked("mcp-param-city"))

    assert "mcp-param-city" in names(response.headers["Access-Control-Allow-Headers"])


def test_a_foreign_page_gets_no_preflight(wire_of: WireOf) -> None:
    response = wire_of(None).http.options("/mcp", headers=asked("authorization", origin="https://evil.example"))

    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_page_may_read_the_challenge(wire_of: WireOf) -> None:
    response = wire_of(None).modern("tools/list", headers={"Origin": INSPECTOR})

    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] in ("*", INSPECTOR)
    assert "www-authenticate" in names(response.headers["Access-Control-Expose-Headers"])


def test_a_page_may_read_its_session_id(wire: Wire) -> None:
    response = wire.initialize(Origin=INSPECTOR)

    assert "mcp-session-id" in names(response.headers["Access-Control-Expose-Headers"])


@pytest.mark.parametrize("path", OPEN_PATHS)
@pytest.mark.parametrize("origin", [INSPECTOR, "https://any.example"])
def test_the_authorization_server_answers_any_pages_preflight(wire_of: WireOf, path: str, origin: str) -> None:
    response = wire_of(None).http.options(
        path, headers=asked("content-type, authorization, mcp-protocol-version", origin=origin)
    )

    assert response.status_code in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] in ("*", origin)
    assert {"content-type", "authorization", "mcp-protocol-version"} <= names(
        response.headers["Access-Control-Allow-Headers"]
    )
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", OPEN_PATHS[3:])
def test_any_page_may_read_the_documents(wire_of: WireOf, path: str) -> None:
    response = wire_of(None).http.get(path, headers={"Origin": "https://any.example"})

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://any.example")


def test_a_page_may_read_why_it_got_no_token(wire_of: WireOf) -> None:
    response = wire_of(None).http.post(
        "/token", data={"grant_type": "authorization_code"}, headers={"Origin": "https://any.example"}
    )

    assert 400 <= response.status_code < 500
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://any.example")


def test_the_consent_page_is_for_no_other_page(person: PersonOf) -> None:
    response = person().browser.get("/authorize", headers={"Origin": "https://any.example"})

    assert "Access-Control-Allow-Origin" not in response.headers
