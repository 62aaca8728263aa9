"""An authenticator app: the codes that belong to a secret (RFC 6238)."""

import base64
import hashlib
import hmac
import struct
import time

PERIOD = 30


def code(secret: str, periods_from_now: int = 0) -> str:
    """The six digits that the app shows now, or so many half minutes later."""
    counter = int(time.time()) // PERIOD + periods_from_now
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
