"""Access tokens that resource servers can read by themselves (RFC 9068), and the keys that they check them with.

Here the database decides all the same: `bearer.verify` looks a token up by its digest, so that revocation works at
once.
"""

import base64
import hashlib
import json
import re
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import get_default_algorithms

from oauth_bridge.conf import configuration
from oauth_bridge.models import Connection

JWT = "jwt"
FORMATS = ("opaque", JWT)
SMALLEST_RSA = 2048
"""Bits (RFC 7518 §3.3)."""

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)
# What names a key by itself, of each type (RFC 7638 §3.2, RFC 8037 §2).
_THUMBPRINTED = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


class SigningKeyError(Exception):
    """OAUTH_SIGNING_KEYS cannot be used; the text says why, without the keys."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and its public half as resource servers get it."""

    algorithm: str
    private: Any
    public: dict[str, Any]

    @property
    def key_id(self) -> str:
        return str(self.public["kid"])


def are_on() -> bool:
    """Whether access tokens are signed; never without a key, whatever the format says."""
    return configuration().access_token_format == JWT and bool(_usable_keys())


def key_set() -> dict[str, Any]:
    """The JWK Set (RFC 7517 §5): all keys, because tokens of the former ones are still on the way."""
    return {"keys": [key.public for key in _usable_keys()]}


def sign(connection: Connection, scope: str, expires_at: float) -> str:
    """An access token for this connection's resource, signed with the first key (RFC 9068 §2)."""
    key = _usable_keys()[0]
    claims = {
        "iss": configuration().issuer,
        "sub": str(connection.user_id),
        "aud": connection.resource,
        "client_id": connection.client.client_id,
        "scope": scope,
        "jti": uuid.uuid4().hex,
        "iat": int(time.time()),
        "exp": int(expires_at),
    }
    return jwt.encode(claims, key.private, key.algorithm, headers={"typ": "at+jwt", "kid": key.key_id})


@lru_cache(maxsize=8)
def parse_signing_keys(text: str) -> tuple[SigningKey, ...]:
    """The keys of a setting, in order; raises SigningKeyError."""
    keys = tuple(_parse(block) for block in _PEM.findall(text))
    if text.strip() and not keys:
        raise SigningKeyError("It has no private key in PEM.")
    if len({key.key_id for key in keys}) < len(keys):
        raise SigningKeyError("It has a key twice.")
    return keys


def _usable_keys() -> tuple[SigningKey, ...]:
    try:
        return parse_signing_keys(configuration().signing_keys)
    except SigningKeyError:
        return ()  # a system check has said so; tokens are opaque until it is mended


def _parse(block: str) -> SigningKey:
    try:
        private = load_pem_private_key(block.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyError("A key is not a private key in PEM, or is encrypted.") from error
    match private:
        case rsa.RSAPrivateKey() if private.key_size >= SMALLEST_RSA:
            algorithm = "RS256"
        case ec.EllipticCurvePrivateKey() if isinstance(private.curve, ec.SECP256R1):
            algorithm = "ES256"
        case ed25519.Ed25519PrivateKey():
            algorithm = "EdDSA"
        case _:
            raise SigningKeyError(f"A key is neither RSA of {SMALLEST_RSA} bits, nor P-256, nor Ed25519.")
    jwk = get_default_algorithms()[algorithm].to_jwk(private.public_key(), as_dict=True)
    public = {name: value for name, value in jwk.items() if name != "key_ops"}
    members = {name: public[name] for name in _THUMBPRINTED[public["kty"]]}
    thumbprint = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    key_id = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return SigningKey(algorithm, private, {**public, "kid": key_id, "use": "sig", "alg": algorithm})
