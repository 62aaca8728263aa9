"""Clients that prove themselves with a key: `private_key_jwt` (RFC 7523 §2.2 and §3, RFC 7521 §4.2)."""

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.test import Client as Browser

from oauth_bridge.bearer import verify
from oauth_bridge.client_assertion import ALGORITHMS, ASSERTION_TYPE
from oauth_bridge.models import Client, SpentAssertion
from tests.oauth_bridge.flows import REDIRECT_URI, Flow, post_form
from tests.oauth_bridge.protected import RESOURCE
from tests.oauth_bridge.signing import (
    ISSUER,
    KEY,
    OTHER_KEY,
    URL,
    KeyFlow,
    Publish,
    public,
    refused,
    sign,
    signature_of,
)
from tests.oauth_bridge.signing import publish as publish
from tests.oauth_bridge.signing import signing as signing
from tests.oauth_bridge.web import web as web

RSA_KEY = rsa.generate_private_key(65537, 2048)
WEAK_KEY = rsa.generate_private_key(65537, 1024)


class TestAccepted:
    def test_leads_to_a_token(self, signing: KeyFlow) -> None:
        assert verify(signing.tokens()["access_token"], RESOURCE).client_id == URL

    def test_refreshes_and_revokes(self, signing: KeyFlow) -> None:
        refresh_token = signing.tokens()["refresh_token"]
        again = signing.refresh(refresh_token).json()
        form = {"token": again["access_token"], "client_assertion_type": ASSERTION_TYPE, "client_assertion": sign()}
        assert post_form(signing.browser, "/revoke", form).status_code == 200
        assert signing.refresh(again["refresh_token"]).json()["error"] == "invalid_grant"

    def test_without_client_id(self, signing: KeyFlow) -> None:
        """RFC 7521 §4.2: the assertion names the client."""
        code = signing.code()
        signing.client_id = ""
        assert signing.exchange(code).status_code == 200

    @pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/", f"{ISSUER}/token", [ISSUER]])
    def test_an_audience_of_this_server(self, signing: KeyFlow, audience: Any) -> None:
        """RFC 7523 §3, item 3; MCP names the issuer."""
        assert signing.exchange(signing.code(), client_assertion=sign(aud=audience)).status_code == 200

    @pytest.mark.parametrize(
        ("key", "algorithm"),
        [
            (RSA_KEY, "RS256"),
            (RSA_KEY, "PS256"),
            (ec.generate_private_key(ec.SECP384R1()), "ES384"),
            (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
        ],
    )
    def test_an_algorithm(self, signing: KeyFlow, publish: Publish, key: Any, algorithm: str) -> None:
        publish(jwks={"keys": [public(key)]})
        assert signing.exchange(signing.code(), client_assertion=sign(key, algorithm)).status_code == 200

    def test_an_assertion_without_a_key_id(self, signing: KeyFlow, publish: Publish) -> None:
        publish(jwks={"keys": [public(RSA_KEY, "2"), public(OTHER_KEY, "3"), public(KEY)]})
        assert signing.exchange(signing.code(), client_assertion=sign(key_id=None)).status_code == 200

    def test_an_operators_client_with_a_key(self, browser: Browser) -> None:
        """Neither document nor secret: the key in its row is how it proves itself."""
        jwks = {"keys": [public(KEY)]}
        grant, kind = Client.GRANT_AUTHORIZATION_CODE, Client.CLIENT_CONFIDENTIAL
        Client.objects.create(
            client_id="mine", jwks=jwks, client_type=kind, authorization_grant_type=grant, redirect_uris=REDIRECT_URI
        )
        flow = KeyFlow(browser, "mine")
        assert flow.exchange(flow.code(), client_assertion=sign(iss="mine", sub="mine")).status_code == 200

    def test_where_a_document_lists_none_too_no_key_is_asked_for(self, browser: Browser, publish: Publish) -> None:
        """ChatGPT prefers its key, and does without."""
        publish(token_endpoint_auth_methods_supported=["private_key_jwt", "none"])
        assert Flow(browser, URL).tokens()["access_token"]

    def test_the_metadata_says_so(self, browser: Browser) -> None:
        """RFC 8414 §2."""
        document = browser.get("/.well-known/oauth-authorization-server").json()
        assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
        assert document["token_endpoint_auth_signing_alg_values_supported"] == list(ALGORITHMS)


class TestRefused:
    def test_without_an_assertion(self, signing: KeyFlow) -> None:
        assert refused(Flow(signing.browser, URL).exchange(signing.code()))

    def test_with_a_secret_instead(self, signing: KeyFlow) -> None:
        assert refused(Flow(signing.browser, URL, client_secret="guess").exchange(signing.code()))

    def test_with_a_secret_besides(self, signing: KeyFlow) -> None:
        """RFC 6749 §2.3: one method in a request."""
        assert refused(signing.exchange(signing.code(), client_secret="guess"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": None},
            {"iss": "https://other.example/c"},
            {"iss": 7},
            {"sub": None},
            {"sub": "someone else"},
            {"aud": None},
            {"aud": "https://other.example"},
            {"aud": [ISSUER, "https://other.example"]},
            {"aud": []},
            {"aud": {"a": 1}},
            {"exp": None},
            {"exp": 1},
            {"exp": "soon"},
            {"exp": float("inf")},
            {"exp": int(time.time()) + 90_000},
            {"nbf": int(time.time()) + 600},
            {"iat": int(time.time()) + 600},
        ],
    )
    def test_with_a_claim_that_is_wrong(self, signing: KeyFlow, changes: dict[str, Any]) -> None:
        """RFC 7523 §3, items 1 to 6."""
        try:
            assertion = sign(**changes)
        except TypeError:  # PyJWT does not write what it would not read
            parts = sign().split(".")
            claims = {"iss": URL, "sub": URL, "aud": ISSUER, "exp": time.time() + 60, **changes}
            payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
            signed = signature_of(f"{parts[0]}.{payload}")
            assertion = f"{parts[0]}.{payload}.{signed}"
        assert refused(signing.exchange(signing.code(), client_assertion=assertion))

    def test_signed_by_another_key(self, signing: KeyFlow) -> None:
        """RFC 7523 §3, item 9."""
        assert refused(signing.exchange(signing.code(), client_assertion=sign(OTHER_KEY)))

    def test_with_a_key_id_that_there_is_not(self, signing: KeyFlow) -> None:
        assert refused(signing.exchange(signing.code(), client_assertion=sign(key_id="2")))

    def test_without_a_signature(self, signing: KeyFlow) -> None:
        """RFC 8725 §3.1: no `none`."""
        assert refused(signing.exchange(signing.code(), client_assertion=sign("", "none")))

    def test_with_a_mac_of_the_public_key(self, signing: KeyFlow) -> None:
        """RFC 8725 §2.1: algorithm confusion."""
        mac = sign(public(KEY)["x"], "HS256")
        assert refused(signing.exchange(signing.code(), client_assertion=mac))

    def test_with_a_key_for_another_algorithm(self, signing: KeyFlow, publish: Publish) -> None:
        publish(jwks={"keys": [public(RSA_KEY, alg="PS256")]})
        assert refused(signing.exchange(signing.code(), client_assertion=sign(RSA_KEY, "RS256")))

    def test_with_a_key_for_encryption(self, signing: KeyFlow, publish: Publish) -> None:
        publish(jwks={"keys": [public(KEY, use="enc"), public(OTHER_KEY, "2")]})
        assert refused(signing.exchange(signing.code()))

    @pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
    def test_with_a_weak_key(self, signing: KeyFlow, publish: Publish) -> None:
        publish(jwks={"keys": [public(WEAK_KEY)]})
        assert refused(signing.exchange(signing.code(), client_assertion=sign(WEAK_KEY, "RS256")))

    @pytest.mark.parametrize("reuse", [{}, {"jti": None}])
    def test_a_second_time(self, signing: KeyFlow, reuse: dict[str, Any]) -> None:
        """RFC 7523 §3, item 7."""
        assertion = sign(**reuse)
        tokens = signing.exchange(signing.code(), client_assertion=assertion).json()
        assert refused(signing.refresh(tokens["refresh_token"], client_assertion=assertion))

    def test_what_was_not_signed_leaves_nothing_behind(self, signing: KeyFlow) -> None:
        signing.exchange(signing.code(), client_assertion=sign(OTHER_KEY))
        assert not SpentAssertion.objects.exists()

    @pytest.mark.parametrize("kind", ["urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "", None])
    def test_of_another_type(self, signing: KeyFlow, kind: str | None) -> None:
        assert refused(signing.exchange(signing.code(), client_assertion_type=kind))

    @pytest.mark.parametrize("assertion", ["x", "a.b.c", "....", "e30.e30.", "é", "[" * 5000, None])
    def test_what_is_no_assertion(self, signing: KeyFlow, assertion: str | None) -> None:
        assert refused(signing.exchange(signing.code(), client_assertion=assertion))

    def test_for_another_client(self, signing: KeyFlow, flow: Flow) -> None:
        """RFC 7521 §4.2: client_id must be the one that the assertion names."""
        assert refused(signing.exchange(signing.code(), client_id=flow.client_id))

    def test_of_a_client_that_has_no_key(self, browser: Browser, confidential: Flow) -> None:
        assertion = sign(iss=confidential.client_id, sub=confidential.client_id)
        flow = KeyFlow(browser, confidential.client_id)
        assert refused(flow.exchange(flow.code(), client_assertion=assertion))

    def test_of_a_disabled_client(self, signing: KeyFlow) -> None:
        code = signing.code()
        Client.objects.update(disabled=True)
        assert refused(signing.exchange(code))

    @pytest.mark.parametrize(
        "keys",
        [
            {"jwks": None},
            {"jwks": {"keys": []}},
            {"jwks": {"keys": "x"}},
            {"jwks": []},
            {"jwks": None, "jwks_uri": "http://client.example/keys.json"},
            {"jwks": None, "jwks_uri": 7},
        ],
    )
    def test_a_document_that_insists_without_a_key(self, browser: Browser, publish: Publish, keys: Any) -> None:
        publish(**keys)
        assert browser.get(Flow(browser, URL).authorize_url()).status_code == 400
