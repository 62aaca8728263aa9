"""Where the keys of clients come from, and what a change of a document does (RFC 7591 §2, CIMD draft §6)."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from oauth_bridge import client_keys
from oauth_bridge.bearer import verify
from oauth_bridge.client_keys import read_key_set
from oauth_bridge.models import Client
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import RESOURCE
from tests.oauth_bridge.signing import KEY, KEYS_URL, OTHER_KEY, URL, KeyFlow, Publish, public, refused, sign
from tests.oauth_bridge.signing import publish as publish
from tests.oauth_bridge.signing import signing as signing
from tests.oauth_bridge.web import HOST, Web
from tests.oauth_bridge.web import web as web


class TestKeysByUrl:
    @pytest.fixture
    def by_url(self, signing: KeyFlow, publish: Publish, web: Web) -> KeyFlow:
        publish(jwks=None, jwks_uri=KEYS_URL)
        web.put("/keys.json", {"keys": [public(KEY)]})
        return signing

    def test_are_fetched_once(self, by_url: KeyFlow, web: Web) -> None:
        tokens = by_url.tokens()
        assert by_url.refresh(tokens["refresh_token"]).status_code == 200
        assert web.requested.count("/keys.json") == 1

    def test_a_new_one_is_found(self, by_url: KeyFlow, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keys rotate while the old ones are kept here."""
        tokens = by_url.tokens()
        web.put("/keys.json", {"keys": [public(OTHER_KEY, "2")]})
        monkeypatch.setattr(client_keys, "SHORTEST_KEPT", 0)
        signed = sign(OTHER_KEY, key_id="2")
        assert by_url.refresh(tokens["refresh_token"], client_assertion=signed).status_code == 200

    def test_unknown_ids_do_not_make_this_server_ask_all_the_time(self, by_url: KeyFlow, web: Web) -> None:
        by_url.tokens()
        for _ in range(3):
            assert refused(by_url.exchange("x", client_assertion=sign(OTHER_KEY, key_id="2")))
        assert web.requested.count("/keys.json") == 1

    def test_a_failure_is_not_repeated_all_the_time(self, by_url: KeyFlow, web: Web) -> None:
        del web.answers["/keys.json"]
        for _ in range(3):
            assert refused(by_url.exchange(by_url.code()))
        assert web.requested.count("/keys.json") == 1

    def test_never_from_this_network(self, by_url: KeyFlow, web: Web) -> None:
        """MCP security best practices: SSRF."""
        code = by_url.code()
        web.addresses[HOST] = [["169.254.169.254"]]
        assert refused(by_url.exchange(code))
        assert "/keys.json" not in web.requested

    def test_never_from_a_blocked_host(self, by_url: KeyFlow, web: Web, settings: Any) -> None:
        code = by_url.code()
        Client.objects.update(jwks_uri="https://keys.example/keys.json")
        settings.OAUTH_BRIDGE_CIMD_BLOCK = ["keys.example"]
        assert refused(by_url.exchange(code))
        assert "keys.example" not in web.asked


class TestChangedDocuments:
    """What was last read for a signed-in user is what counts, for every connection and from that moment."""

    def read_again(self, flow: Flow) -> None:
        Client.objects.update(cimd_expires_at=timezone.now())
        assert flow.browser.get(flow.authorize_url()).status_code in (200, 302, 400)

    def test_another_key_ends_the_old_one(self, signing: KeyFlow, publish: Publish) -> None:
        tokens = signing.tokens()
        publish(jwks={"keys": [public(OTHER_KEY)]})
        self.read_again(signing)
        assert refused(signing.refresh(tokens["refresh_token"]))
        assert signing.refresh(tokens["refresh_token"], client_assertion=sign(OTHER_KEY)).status_code == 200

    def test_a_change_that_nobody_read_changes_nothing(self, signing: KeyFlow, publish: Publish) -> None:
        tokens = signing.tokens()
        publish(jwks={"keys": [public(OTHER_KEY)]})
        Client.objects.update(cimd_expires_at=timezone.now())
        assert signing.refresh(tokens["refresh_token"]).status_code == 200

    def test_a_key_where_there_was_none_is_asked_for(self, browser: Browser, publish: Publish) -> None:
        publish(token_endpoint_auth_method="none")
        flow = Flow(browser, URL)
        tokens = flow.tokens()
        publish()
        self.read_again(flow)
        assert refused(flow.refresh(tokens["refresh_token"]))
        assert KeyFlow(browser, URL).refresh(tokens["refresh_token"]).status_code == 200

    def test_other_redirect_uris_leave_tokens_as_they_are(self, signing: KeyFlow, publish: Publish) -> None:
        """They were given at a redirect URI that was right at the time; the next consent is for the new one."""
        tokens = signing.tokens()
        publish(redirect_uris=["https://client.example/moved"])
        self.read_again(signing)
        assert signing.browser.get(signing.authorize_url()).status_code == 400
        assert verify(tokens["access_token"], RESOURCE).client_id == URL
        assert signing.refresh(tokens["refresh_token"]).status_code == 200


def test_private_parts_of_a_published_key_are_not_kept() -> None:
    (key,) = read_key_set({"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "secret"}]})
    assert "d" not in key


def test_a_key_set_is_bounded() -> None:
    assert len(read_key_set({"keys": [{"kty": "EC"}] * 1000})) == client_keys.MOST_KEYS
