"""Logos of clients: fetched by this server and never by the user's browser, which would tell the client who looks.

Only what is an image by its first bytes, small in bytes and in pixels; anything else becomes a letter.
"""

import hashlib
import logging
import struct
from dataclasses import dataclass

from django.core.cache import caches
from django.utils.html import format_html

from oauth_bridge.conf import configuration
from oauth_bridge.guarded_fetch import FetchError, fetch_bytes, is_allowed_loopback
from oauth_bridge.models import Client
from oauth_bridge.trust import host_of, matches

logger = logging.getLogger(__name__)

LARGEST = 100 * 1024
"""Bytes."""
WIDEST = 4096
"""Pixels either way: a browser unpacks a picture whole."""
KEPT = 24 * 3600
KEPT_FAILURE = 600
FETCHING = 15
"""Seconds for which others do without a picture that is being fetched."""

ACCEPT = "image/png, image/jpeg, image/webp, image/gif"
COLOURS = ("#0b5cad", "#8a3ffc", "#00695c", "#a02c5a", "#5d4037", "#37474f")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is served."""

    media_type: str
    content: bytes


def find_logo(client: Client) -> Picture | None:
    """The client's own logo; None when it has none, or none that can be shown. May fetch it."""
    url = client.logo_uri
    if not url.startswith("https://") and not is_allowed_loopback(url):
        return None
    host = host_of(url)
    if host is None or matches(host, configuration().cimd_block):
        return None
    key = f"oauth_bridge.logo.{hashlib.sha256(url.encode()).hexdigest()}"
    cache = caches["fetched"]
    if (kept := cache.get(key)) is not None:
        return kept or None
    if not cache.add(f"{key}.fetching", True, FETCHING):
        return None
    found = _fetch(url)
    cache.set(key, found or False, KEPT if found else KEPT_FAILURE)
    cache.delete(f"{key}.fetching")
    return found


def monogram(client: Client) -> Picture:
    """A letter in a square, for a client without a logo."""
    letter = next((char for char in client.display_name if char.isalnum()), "?").upper()[:1]
    drawn = format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="{}"/>'
        '<text x="32" y="33" fill="#fff" font-family="system-ui, sans-serif" font-size="34" font-weight="600" '
        'text-anchor="middle" dominant-baseline="central">{}</text></svg>',
        COLOURS[client.pk % len(COLOURS)],
        letter,
    )
    return Picture("image/svg+xml", drawn.encode())


def _fetch(url: str) -> Picture | None:
    try:
        content = fetch_bytes(url, ACCEPT, LARGEST)
    except FetchError as error:
        logger.info("No logo at %r: %s", url, error)
        return None
    media_type = _media_type(content)
    if media_type is None:
        return None
    try:
        width, height = _size(content, media_type)
    except (struct.error, IndexError):
        return None  # it ends where its size should be
    return Picture(media_type, content) if 0 < width <= WIDEST and 0 < height <= WIDEST else None


def _media_type(content: bytes) -> str | None:
    """What the first bytes say; SVG is none of these, because it is a document."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def _size(content: bytes, media_type: str) -> tuple[int, int]:
    """Width and height in pixels; zero when they are not where they should be."""
    match media_type:
        case "image/png":
            return struct.unpack_from(">II", content, 16)
        case "image/gif":
            return struct.unpack_from("<HH", content, 6)
        case "image/jpeg":
            return _jpeg_size(content)
    return _webp_size(content)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """From the first frame header (ITU T.81 §B.2.2), past the segments before it."""
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        (length,) = struct.unpack_from(">H", content, at + 2)
        at += 2 + length
    return 0, 0


def _webp_size(content: bytes) -> tuple[int, int]:
    """From the header of the first chunk (RFC 9649 §2.5 to §2.7)."""
    match content[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", content, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
    return 0, 0
