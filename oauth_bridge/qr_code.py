"""QR codes for pages: a URL that a phone's camera can read off the screen."""

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(url: str) -> SafeString:
    """An SVG element. Always dark on white with a margin, in dark themes too: many cameras read no other."""
    drawing = segno.make(url, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    return mark_safe(drawing)  # noqa: S308  (drawn from numbers: nothing of the URL's text is in it)
