"""Codes that a device shows and its user types in (RFC 8628 §6.1)."""

import secrets

from django.utils import timezone
from django.utils.crypto import salted_hmac

from oauth_bridge.models import DeviceAuthorization

# Neither vowels nor digits: no words, and nothing that looks like something else (RFC 8628 §6.1).
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_LENGTH = 8


def normalised(typed: str) -> str:
    """A user code as it is compared: people write it in lower case, with spaces, or without the dash."""
    return "".join(char for char in typed.upper() if char.isalnum())


def is_user_code(code: str) -> bool:
    """Whether this could be a code at all."""
    return len(code) == USER_CODE_LENGTH and set(code) <= set(ALPHABET)


def shown(code: str) -> str:
    """A user code as people see it: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def find_waiting(code: str) -> DeviceAuthorization | None:
    """The device with this normalised user code that still waits for an answer."""
    return (
        DeviceAuthorization.objects.filter(
            user_code=keyed_digest(code),
            state=DeviceAuthorization.State.PENDING,
            expires_at__gt=timezone.now(),
            client__disabled=False,
        )
        .select_related("client")
        .first()
    )


def unused_user_code() -> str:
    """A new one."""
    while True:
        # `choice` draws without the bias that a remainder would have.
        code = "".join(secrets.choice(ALPHABET) for _ in range(USER_CODE_LENGTH))
        if not DeviceAuthorization.objects.filter(user_code=keyed_digest(code)).exists():
            return code


def keyed_digest(user_code: str) -> str:
    """35 bits could be guessed from a plain digest, so this one needs the site's key."""
    return salted_hmac("oauth_bridge.device.user_code", user_code, algorithm="sha256").hexdigest()
