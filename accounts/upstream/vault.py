"""Seals upstream tokens, so that the database holds none in clear.

Each row has a key of its own, derived from a secret of the site, the user and the provider: a sealed text that is
copied to another user's row does not open there.
"""

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

from cryptography.fernet import InvalidToken, MultiFernet

from accounts.sealing import UnreadableError, cipher
from accounts.upstream.conf import conf

__all__ = ["Tokens", "UnreadableError", "reseal", "seal", "seal_text", "unseal", "unseal_text"]


@dataclass(frozen=True)
class Tokens:
    """What a provider gave for an account. Shows itself to nobody, and is not pickled."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("Upstream tokens are not pickled.")


def seal(tokens: Tokens, user_id: Any, provider: str) -> str:
    """The tokens, encrypted for one user and provider with the first key."""
    plain = json.dumps([tokens.access, tokens.refresh]).encode()
    return _cipher("tokens", user_id, provider).encrypt(plain).decode()


def unseal(sealed: str, user_id: Any, provider: str) -> Tokens:
    """The tokens of this user and provider. Raises UnreadableError."""
    try:
        access, refresh = json.loads(_cipher("tokens", user_id, provider).decrypt(sealed.encode()))
    except InvalidToken:
        raise UnreadableError from None
    return Tokens(access, refresh)


def reseal(sealed: str, user_id: Any, provider: str) -> str:
    """The same tokens, encrypted with the first key. Raises UnreadableError."""
    try:
        return _cipher("tokens", user_id, provider).rotate(sealed.encode()).decode()
    except InvalidToken:
        raise UnreadableError from None


def seal_text(purpose: str, text: str) -> str:
    """A text that only this site can read, for one purpose."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def unseal_text(purpose: str, sealed: str) -> tuple[str, int]:
    """The text, and the Unix time at which it was sealed. Raises UnreadableError."""
    fernet = _cipher(purpose)
    try:
        return fernet.decrypt(sealed.encode()).decode(), fernet.extract_timestamp(sealed.encode())
    except InvalidToken:
        raise UnreadableError from None


def _cipher(*binding: Any) -> MultiFernet:
    return cipher(conf().keys, json.dumps(["upstream", *map(str, binding)]))
