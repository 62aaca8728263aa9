"""Client authentication by a signed assertion: `private_key_jwt` (RFC 7523 §2.2 and §3)."""

import time
from datetime import UTC, datetime
from typing import Any

import jwt
from django.db import IntegrityError, transaction

from oauth_bridge.client_keys import keys_of
from oauth_bridge.conf import configuration
from oauth_bridge.digests import digest
from oauth_bridge.models import Client, SpentAssertion

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

ALGORITHMS = ("ES256", "ES384", "RS256", "PS256", "EdDSA")
"""Asymmetric ones alone: never `none`, nor a MAC whose key would be what the client published."""

# Seconds: how far clocks may differ, and how far ahead an assertion may expire (RFC 7523 §3, item 4).
LEEWAY = 30
LONGEST_LIFE = 3600

# What PyJWT raises on what a stranger sent; the last ones on claims and keys of an absurd form.
_MALFORMED = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
_DECODER = jwt.PyJWT({"enforce_minimum_key_length": True})


def claimed_client_id(assertion: str) -> str | None:
    """Whom an assertion says it is from, before anything was verified."""
    try:
        claims = _DECODER.decode(assertion, options={"verify_signature": False})
    except _MALFORMED:
        return None
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) and issuer else None


def is_authentic(assertion: str, client: Client) -> bool:
    """Whether the client signed this for this server just now; true once for each assertion."""
    claims = _verified_claims(assertion, client)
    if claims is None or not _is_for_this_server(claims["aud"]) or claims["exp"] > time.time() + LONGEST_LIFE:
        return False
    return _spend(client, claims.get("jti") or assertion, claims["exp"])


def _verified_claims(assertion: str, client: Client) -> dict[str, Any] | None:
    """Claims of an assertion with a good signature, issuer, subject and time (RFC 7523 §3, items 1 to 6 and 9)."""
    try:
        header = jwt.get_unverified_header(assertion)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            return None
        keys = keys_of(client, key_id)
    except _MALFORMED:
        return None
    for key in keys:
        if key.get("alg", algorithm) != algorithm:
            continue
        try:
            return _DECODER.decode(
                assertion,
                jwt.PyJWK.from_dict(key, algorithm),
                [algorithm],
                issuer=client.client_id,
                subject=client.client_id,
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp"], "verify_aud": False},
            )
        except _MALFORMED:
            continue
    return None


def _is_for_this_server(audience: Any) -> bool:
    """The issuer or the token endpoint, and nobody else: another server could use the assertion here.

    MCP clients name the issuer, with or without a slash; RFC 7523 §3, item 3 suggests the token endpoint.
    """
    issuer = configuration().issuer
    audiences = audience if isinstance(audience, list) else [audience]
    return bool(audiences) and all(one in (issuer, f"{issuer}/", f"{issuer}/token") for one in audiences)


def _spend(client: Client, identifier: Any, expires: float) -> bool:
    """Note that an assertion was used; False when it was before (RFC 7523 §3, item 7).

    In the database, which all processes share. Only what was signed gets here, so strangers cannot fill it.
    """
    until = datetime.fromtimestamp(expires + LEEWAY, UTC)
    try:
        with transaction.atomic():
            SpentAssertion.objects.create(digest=digest(f"{client.pk} {identifier}"), expires_at=until)
    except IntegrityError:
        return False
    return True
