"""Keys that seal what travels through clients, state of calls in rounds and ids of questions, made for that alone."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"mcp_endpoint state 1"


def state_keys(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """A key of 32 bytes for each secret (HKDF, RFC 5869): the first seals, all open.

    The same in every process with the same secrets. Whoever comes to know one can neither sign nor open anything else
    of the site's.
    """
    return tuple(
        HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode()) for secret in secrets
    )
