"""A client that proves itself with a key: its document, its assertions."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.cache import cache
from django.test import Client as Browser
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from oauth_bridge.client_assertion import ASSERTION_TYPE
from tests.oauth_bridge.flows import REDIRECT_URI, Flow
from tests.oauth_bridge.web import HOST, Web

ISSUER = "http://localhost:8000"
URL = f"https://{HOST}/client.json"
KEYS_URL = f"https://{HOST}/keys.json"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, key_id: str = "1", **members: Any) -> dict[str, Any]:
    """The public half, as a client publishes it."""
    kinds: dict[type, Any] = {ec.EllipticCurvePrivateKey: ECAlgorithm, rsa.RSAPrivateKey: RSAAlgorithm}
    kind = next((algorithm for of, algorithm in kinds.items() if isinstance(key, of)), OKPAlgorithm)
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": key_id, **members}


def sign(key: Any = KEY, algorithm: str = "ES256", key_id: str | None = "1", **changes: Any) -> str:
    """An assertion of the client; None leaves a claim out."""
    claims = {"iss": URL, "sub": URL, "aud": ISSUER, "exp": int(time.time()) + 60, "jti": uuid.uuid4().hex, **changes}
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, key, algorithm, {"kid": key_id} if key_id else None)


def signature_of(message: str) -> str:
    """A signature over what PyJWT would not write."""
    signature = ECAlgorithm(ECAlgorithm.SHA256).sign(message.encode(), KEY)
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


class KeyFlow(Flow):
    """A client that signs."""

    def token(self, **fields: Any) -> Any:
        given = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": sign(), **fields}
        return super().token(**{name: value for name, value in given.items() if value is not None})


Publish = Callable[..., None]
"""Changes the document."""


@pytest.fixture
def publish(web: Web) -> Publish:
    """Puts the client's document on the web."""
    cache.clear()

    def put(**changes: Any) -> None:
        document = {
            "client_id": URL,
            "client_name": "Example",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [public(KEY)]},
            **changes,
        }
        web.put("/client.json", {name: value for name, value in document.items() if value is not None})

    return put


@pytest.fixture
def signing(browser: Browser, publish: Publish) -> KeyFlow:
    """A client whose document has its key."""
    publish()
    return KeyFlow(browser, URL)


def refused(response: Any) -> bool:
    return (response.status_code, response.json()["error"]) == (401, "invalid_client")
