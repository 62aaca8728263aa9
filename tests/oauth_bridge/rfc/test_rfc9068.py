"""JWT access tokens (RFC 9068) and the keys that they are signed with (RFC 7517)."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core import checks
from django.test import Client as Browser
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import Connection
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.operator_clients import flow_of, operator_client
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE
from tests.oauth_bridge.test_personal_tokens import make, shown_token

ISSUER = "http://localhost:8000"


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


RSA = pem(rsa.generate_private_key(65537, 2048))
P256 = pem(ec.generate_private_key(ec.SECP256R1()))
ED25519 = pem(ed25519.Ed25519PrivateKey.generate())


@pytest.fixture(autouse=True)
def _signed(settings: Any) -> None:
    settings.OAUTH_BRIDGE_ACCESS_TOKEN_FORMAT = "jwt"
    settings.OAUTH_BRIDGE_SIGNING_KEYS = RSA


def published(browser: Browser) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = browser.get("/.well-known/jwks.json").json()["keys"]
    return keys


def read(token: str, browser: Browser, audience: str = RESOURCE) -> dict[str, Any]:
    """The claims, checked as a resource server checks them: by the published keys."""
    key_id = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWK(next(key for key in published(browser) if key["kid"] == key_id))
    claims: dict[str, Any] = jwt.decode(token, key, [key.algorithm_name], audience=audience, issuer=ISSUER)
    return claims


class TestToken:
    def test_has_the_claims_of_the_standard(self, flow: Flow, alice: User) -> None:
        """RFC 9068 §2.2."""
        claims = read(flow.tokens(scope="mcp notes:read")["access_token"], flow.browser)
        assert claims.pop("exp") - claims.pop("iat") == pytest.approx(3600, abs=2)
        assert len(claims.pop("jti")) == 32
        assert claims == {
            "iss": ISSUER,
            "sub": str(alice.pk),
            "aud": RESOURCE,
            "client_id": flow.client_id,
            "scope": "mcp notes:read",
        }

    def test_says_what_it_is(self, flow: Flow) -> None:
        """RFC 9068 §2.1: an ID token must never be taken for one."""
        header = jwt.get_unverified_header(flow.tokens()["access_token"])
        assert (header["typ"], header["alg"]) == ("at+jwt", "RS256")

    def test_is_let_in_here(self, flow: Flow, alice: User) -> None:
        assert verify(flow.tokens()["access_token"], RESOURCE).user == alice

    def test_is_kept_as_a_digest(self, flow: Flow) -> None:
        flow.tokens()
        assert AccessToken.objects.get().token == ""

    def test_is_for_its_resource_alone(self, flow: Flow) -> None:
        """RFC 9068 §4."""
        token = flow.tokens(resource=OTHER_RESOURCE)["access_token"]
        assert read(token, flow.browser, OTHER_RESOURCE)["aud"] == OTHER_RESOURCE
        with pytest.raises(BearerError):
            verify(token, RESOURCE)

    def test_no_two_are_the_same(self, flow: Flow) -> None:
        assert flow.tokens()["access_token"] != flow.tokens()["access_token"]

    def test_comes_from_a_refresh_too(self, flow: Flow) -> None:
        token = flow.refresh(flow.tokens()["refresh_token"]).json()["access_token"]
        assert read(token, flow.browser)["client_id"] == flow.client_id
        assert verify(token, RESOURCE)

    def test_comes_from_a_device_too(self, browser: Browser) -> None:
        device = Device.start(browser, register_device(browser))
        device.answered("allow")
        assert read(device.poll().json()["access_token"], browser)["client_id"] == device.client_id

    def test_of_client_credentials_is_the_users(self, browser: Browser, alice: User) -> None:
        client = flow_of(operator_client(acts_as=alice))
        token = client.token(grant_type="client_credentials").json()["access_token"]
        assert read(token, browser)["sub"] == str(alice.pk)

    def test_refresh_tokens_stay_opaque(self, flow: Flow) -> None:
        assert flow.tokens()["refresh_token"].startswith("mcp_rt_")

    def test_personal_tokens_stay_opaque(self, browser: Browser) -> None:
        assert shown_token(make(browser)).startswith("mcp_pat_")


class TestRevocation:
    """The row decides, so that a token ends before its `exp`."""

    def test_works_at_once(self, flow: Flow) -> None:
        token = flow.tokens()["access_token"]
        flow.revoke(token)
        with pytest.raises(BearerError):
            verify(token, RESOURCE)

    def test_a_token_that_was_never_given_is_not_let_in(self, flow: Flow) -> None:
        """Signed by the right key, as somebody could who stole it."""
        claims = read(flow.tokens()["access_token"], flow.browser)
        forged = jwt.encode({**claims, "jti": "x"}, RSA, "RS256", headers={"typ": "at+jwt"})
        with pytest.raises(BearerError):
            verify(forged, RESOURCE)

    def test_one_that_was_changed_is_not_let_in(self, flow: Flow) -> None:
        head, _, signature = flow.tokens()["access_token"].split(".")
        with pytest.raises(BearerError):
            verify(f"{head}.e30.{signature}", RESOURCE)


class TestKeys:
    @pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (P256, "ES256"), (ED25519, "EdDSA")])
    def test_of_three_kinds_sign(self, flow: Flow, settings: Any, key: str, algorithm: str) -> None:
        settings.OAUTH_BRIDGE_SIGNING_KEYS = key
        token = flow.tokens()["access_token"]
        assert jwt.get_unverified_header(token)["alg"] == algorithm
        assert read(token, flow.browser)

    def test_are_published_without_their_private_half(self, browser: Browser, settings: Any) -> None:
        """RFC 7517 §9.2."""
        settings.OAUTH_BRIDGE_SIGNING_KEYS = RSA + P256 + ED25519
        assert [set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"} for key in published(browser)] == [set()] * 3
        assert {key["use"] for key in published(browser)} == {"sig"}

    def test_can_be_rotated(self, flow: Flow, settings: Any) -> None:
        """The first signs; tokens of the former one can be checked as long as it is listed."""
        old = flow.tokens()["access_token"]
        settings.OAUTH_BRIDGE_SIGNING_KEYS = P256 + RSA
        new = flow.tokens()["access_token"]
        assert read(old, flow.browser)
        assert read(new, flow.browser)
        assert jwt.get_unverified_header(new)["alg"] == "ES256"

    def test_taken_away_end_nothing_here(self, flow: Flow, settings: Any) -> None:
        token = flow.tokens()["access_token"]
        settings.OAUTH_BRIDGE_SIGNING_KEYS = P256
        assert verify(token, RESOURCE)

    def test_are_advertised(self, browser: Browser) -> None:
        """RFC 8414 §2."""
        document = browser.get("/.well-known/oauth-authorization-server").json()
        assert document["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"

    def test_may_be_cached_for_a_while(self, browser: Browser) -> None:
        assert browser.get("/.well-known/jwks.json")["Cache-Control"] == "public, max-age=300"


class TestOff:
    @pytest.mark.parametrize(("token_format", "keys"), [("opaque", RSA), ("jwt", ""), ("jwt", "junk"), ("JWS", RSA)])
    def test_tokens_are_opaque(self, flow: Flow, settings: Any, token_format: str, keys: str) -> None:
        settings.OAUTH_BRIDGE_ACCESS_TOKEN_FORMAT = token_format
        settings.OAUTH_BRIDGE_SIGNING_KEYS = keys
        assert flow.tokens()["access_token"].startswith("mcp_at_")
        assert Connection.objects.count() == 1
        assert flow.browser.get("/.well-known/jwks.json").status_code == 404
        assert "jwks_uri" not in flow.browser.get("/.well-known/oauth-authorization-server").json()


class TestCheck:
    """oauth_bridge.E006."""

    def messages(self) -> list[str]:
        return [message.msg for message in checks.run_checks() if message.id == "oauth_bridge.E006"]

    @pytest.mark.parametrize("keys", [RSA, P256 + RSA, ED25519])
    def test_is_content_with_keys(self, settings: Any, keys: str) -> None:
        settings.OAUTH_BRIDGE_SIGNING_KEYS = keys
        assert self.messages() == []

    @pytest.mark.parametrize(
        ("keys", "complaint"),
        [
            ("", "is not set"),
            ("junk", "no private key"),
            ("-----BEGIN PRIVATE KEY-----\njunk\n-----END PRIVATE KEY-----", "not a private key"),
            (RSA + RSA, "twice"),
            (pem(rsa.generate_private_key(65537, 1024)), "neither"),
            (pem(ec.generate_private_key(ec.SECP384R1())), "neither"),
            (pem(dsa.generate_private_key(1024)), "neither"),
        ],
    )
    def test_says_what_is_wrong_with_them(self, settings: Any, keys: str, complaint: str) -> None:
        settings.OAUTH_BRIDGE_SIGNING_KEYS = keys
        (message,) = self.messages()
        assert complaint in message
        assert "BEGIN" not in message

    def test_knows_the_formats(self, settings: Any) -> None:
        settings.OAUTH_BRIDGE_ACCESS_TOKEN_FORMAT = "JWS"
        (message,) = self.messages()
        assert "OAUTH_ACCESS_TOKEN_FORMAT" in message
