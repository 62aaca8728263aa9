"""What an authenticator app shows (RFC 6238, with the six digits and half minutes that all of them use)."""

import base64
import hmac
import struct
import time


def one_time_code(secret: str, after: int = 0) -> str:
    """The code of this moment for a secret in base32, or the one that comes so many half minutes later."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30 + after), "sha1")
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 0x0F)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"
