"""Seals what the database shall not hold in clear: second factors, and through the vault what users lend to tools.

Fernet, with keys derived (HKDF, RFC 5869) from the site's secrets for one purpose each.
"""

import base64
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class UnreadableError(Exception):
    """No key of this site opens the text."""


def seal_text(purpose: str, text: str) -> str:
    """A text that only this site can read, for one purpose; sealed with the first key."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def unseal_text(purpose: str, sealed: str) -> str:
    """The text. Raises UnreadableError."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UnreadableError from None


def cipher(secrets: Iterable[str], purpose: str) -> MultiFernet:
    """Seals with the first secret, opens with all, and what was sealed for another purpose with none."""
    return MultiFernet([_fernet(secret, purpose) for secret in secrets])


def _cipher(purpose: str) -> MultiFernet:
    return cipher((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), purpose)


def _fernet(secret: str, purpose: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"accounts {purpose}".encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
