"""What real clients send that the letter of a standard would refuse: each through to a token.

Bodies and documents are as the clients send them: they are recorded in mcpsite/doctor/profiles.py.
"""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from mcpsite.doctor.profiles import CLIENTS
from oauth_bridge.bearer import verify
from tests.oauth_bridge.devices import GRANT as DEVICE_GRANT
from tests.oauth_bridge.devices import Device
from tests.oauth_bridge.flows import Flow, register
from tests.oauth_bridge.protected import RESOURCE


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Any:
    cache.clear()

    def put(document: dict[str, Any]) -> str:
        monkeypatch.setattr("oauth_bridge.cimd.fetch_json", lambda url: (document, 300))
        return str(document["client_id"])

    return put


def granted(flow: Flow, **changes: Any) -> frozenset[str]:
    """The scopes of a token that the whole way led to."""
    return verify(flow.tokens(**changes)["access_token"], RESOURCE).scopes


class TestVSCode:
    REGISTRATION = CLIENTS["vscode"].registration

    @pytest.mark.parametrize(
        "redirect_uri",
        [
            "http://127.0.0.1:33418/",
            "http://127.0.0.1:33418",
            "http://127.0.0.1:51234/",
            "https://vscode.dev/redirect",
        ],
    )
    def test_registers_with_the_device_grant_and_comes_back_on_any_port(
        self, browser: Browser, redirect_uri: str
    ) -> None:
        """microsoft/vscode#278512; RFC 8252 §7.3."""
        answer = register(browser, **self.REGISTRATION).json()
        assert answer["grant_types"] == ["authorization_code", "refresh_token", DEVICE_GRANT]
        flow = Flow(browser, answer["client_id"], redirect_uri=redirect_uri)
        assert granted(flow, scope="mcp notes:read") == {"mcp", "notes:read"}

    def test_document_with_the_device_grant(self, browser: Browser, publish: Any) -> None:
        client_id = publish(CLIENTS["vscode"].document)
        assert granted(Flow(browser, client_id, redirect_uri="http://127.0.0.1:40000/")) == {"mcp"}
        assert Device.start(browser, client_id)  # known by now, it may use that grant as well

    def test_asks_for_the_resource_with_a_trailing_slash(self, browser: Browser) -> None:
        """microsoft/vscode#259251."""
        answer = register(browser, **self.REGISTRATION).json()
        flow = Flow(browser, answer["client_id"], redirect_uri="http://127.0.0.1:33418/")
        assert granted(flow, resource=f"{RESOURCE}/") == {"mcp"}


class TestCursor:
    def test_registers_a_scheme_of_its_own(self, browser: Browser) -> None:
        """makeplane/plane-mcp-server#159."""
        answer = register(browser, **CLIENTS["cursor"].registration).json()
        callback = CLIENTS["cursor"].redirect_uri
        flow = Flow(browser, answer["client_id"], redirect_uri=callback)
        assert flow.consent()["Location"].startswith(f"{callback}?code=")
        assert granted(flow) == {"mcp"}

    def test_document_with_a_scheme_of_its_own(self, browser: Browser, publish: Any) -> None:
        client_id = publish(CLIENTS["cursor"].document)
        callback = CLIENTS["cursor"].redirect_uri
        assert granted(Flow(browser, client_id, redirect_uri=callback)) == {"mcp"}


class TestClaude:
    CALLBACK = CLIENTS["claude"].redirect_uri

    def test_registers_with_a_secret_in_the_body_and_a_scope_of_its_own(self, browser: Browser) -> None:
        """anthropics/claude-ai-mcp#1043."""
        answer = register(browser, **CLIENTS["claude"].registration).json()
        assert answer["token_endpoint_auth_method"] == "client_secret_post"
        flow = Flow(browser, answer["client_id"], answer["client_secret"], redirect_uri=self.CALLBACK)
        assert granted(flow, scope="claudeai") == {"mcp"}

    def test_document_with_the_jwt_bearer_grant(self, browser: Browser, publish: Any) -> None:
        client_id = publish(CLIENTS["claude"].document)
        assert granted(Flow(browser, client_id, redirect_uri=self.CALLBACK)) == {"mcp"}

    def test_asks_for_every_scope_of_the_server(self, browser: Browser) -> None:
        """anthropics/claude-ai-mcp#228."""
        answer = register(browser, redirect_uris=[self.CALLBACK]).json()
        flow = Flow(browser, answer["client_id"], redirect_uri=self.CALLBACK)
        every = "mcp notes:read notes:write reports"
        assert granted(flow, scope=every) == {"mcp", "notes:read", "notes:write"}


class TestClaudeCode:
    def test_document_comes_back_on_a_port_that_was_not_registered(self, browser: Browser, publish: Any) -> None:
        client_id = publish(CLIENTS["claude_code"].document)
        for host in ("localhost:54545", "127.0.0.1:3118"):
            assert granted(Flow(browser, client_id, redirect_uri=f"http://{host}/callback")) == {"mcp"}

    def test_registration_comes_back_on_another_port(self, browser: Browser) -> None:
        answer = register(browser, redirect_uris=["http://localhost:54212/callback"]).json()
        flow = Flow(browser, answer["client_id"], redirect_uri="http://localhost:61000/callback")
        assert granted(flow, scope="mcp offline_access") == {"mcp"}


class TestChatGPT:
    CALLBACK = CLIENTS["chatgpt"].redirect_uri

    def test_document_that_prefers_keys_but_lists_none(self, browser: Browser, publish: Any) -> None:
        """engram-app/Engram#1633."""
        client_id = publish(CLIENTS["chatgpt"].document)
        assert granted(Flow(browser, client_id, redirect_uri=self.CALLBACK)) == {"mcp"}

    def test_asks_for_an_empty_scope(self, browser: Browser) -> None:
        """fastmcp#1794; RFC 6749 §3.1: without a value is left out."""
        answer = register(browser, **CLIENTS["chatgpt"].registration).json()
        flow = Flow(browser, answer["client_id"], redirect_uri=self.CALLBACK)
        assert granted(flow, scope="") == {"mcp"}


class TestCodex:
    def test_names_no_resource_at_all(self, flow: Flow) -> None:
        """openai/codex#12762: the default resource is meant."""
        assert granted(flow, resource=None) == {"mcp"}

    def test_names_an_empty_resource(self, flow: Flow) -> None:
        assert granted(flow, resource="") == {"mcp"}


class TestOthers:
    @pytest.mark.parametrize(
        "resource",
        [
            "http://localhost:8000",
            "http://localhost:8000/",
            "HTTP://LOCALHOST:8000/mcp",
            "http://localhost:8000/mcp//",
            "http://localhost:8000/sse",
        ],
    )
    def test_spell_the_resource_in_their_own_way(self, flow: Flow, resource: str) -> None:
        """getsentry/sentry-mcp#837, python-sdk#1265."""
        assert granted(flow, resource=resource) == {"mcp"}

    def test_name_the_default_port(self, flow: Flow, settings: Any) -> None:
        from oauth_bridge.resource_indicators import resolve_resource

        settings.OAUTH_BRIDGE_RESOURCES = "tests.oauth_bridge.protected.public_resources"
        assert resolve_resource(["https://mcp.example.org:443/mcp"]).uri == "https://mcp.example.org/mcp"

    def test_want_openid_and_a_mistyped_scope(self, flow: Flow) -> None:
        """Unknown scopes are dropped, and the answer says what was granted (RFC 6749 §3.3)."""
        assert granted(flow, scope="openid profile mcp nots:read") == {"mcp"}
