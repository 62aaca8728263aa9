"""Whether an event stream outlives silence: proxies cut what says nothing for as long as they please.

Seen by waiting alone. The site sends a comment after `MCP_KEEP_ALIVE` seconds without an event, so a stream that is
open when the first of them comes stays open.
"""

import time
from collections.abc import Iterator

from mcpsite.doctor.findings import Finding
from mcpsite.doctor.site import NoAnswerError, Site
from mcpsite.doctor.streams import listening

SIGN_OF_LIFE = 16.0
"""Seconds after which a comment is due, as the site is shipped, and one for the way."""
HOLD = 17.0
"""Seconds for which it is watched, unless somebody asks for others."""
COMMENT = b"\n:"


def examine(site: Site, token: str, hold: float) -> Iterator[Finding]:
    """A stream on which nothing happens, watched until its first comment or for `hold` seconds."""
    if hold <= 0:
        yield Finding(
            "skipped",
            "streams.silence",
            "A silent event stream",
            "not watched, because that takes as long as the silence",
            mend="Give --hold more than 0 seconds.",
        )
        return
    headers, body = listening(token)
    asked = f"POST {site.path}, a silent event stream"
    try:
        with site.stream("POST", site.path, headers, json=body, hold=hold) as stream:
            if b"acknowledged" not in stream.read_until(b"acknowledged"):
                return  # found already: it is kept back, or is no stream
            began = time.monotonic()
            alive = COMMENT in stream.read_until(COMMENT)
            seconds = time.monotonic() - began
    except NoAnswerError:
        return
    if alive:
        yield Finding("ok", "streams.silence", asked, f"it stays open; a comment came after {seconds:.0f} seconds")
    elif stream.ended:
        yield Finding(
            "failure",
            "proxy.timeout",
            asked,
            f"cut after {seconds:.0f} seconds",
            means="Slow tools lose their answers, clients their questions and notices; they connect again and again.",
            mend="Let the proxy wait for longer (nginx: proxy_read_timeout 1h), or set MCP_KEEP_ALIVE to less.",
        )
    elif seconds > SIGN_OF_LIFE:
        yield Finding(
            "warning",
            "streams.silence",
            asked,
            f"still open, but nothing came for {seconds:.0f} seconds",
            means="Proxies cut streams that are silent, and the comments that keep them open do not arrive.",
            mend="Set MCP_KEEP_ALIVE to 15, and let the proxy pass each line as it comes.",
        )
    else:
        yield Finding("ok", "streams.silence", asked, f"still open after {seconds:.0f} seconds")
