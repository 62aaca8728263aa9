"""The browser: Debian's Chromium, driven by Playwright, which cannot bring its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Whatever a page may ask for elsewhere is not found: what works here works without the internet.
ONLY_LOOPBACK = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
START = 180_000
"""Milliseconds in which it must have come up."""


def executable() -> str | None:
    """Path of the browser; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser(localhost: str = "EXCLUDE localhost") -> Iterator[Browser]:
    """A running browser; `localhost` is the rule by which it finds that name."""
    path = executable()
    if path is None:
        raise RuntimeError("Chromium is missing: `make browser` installs it, or `apt-get install chromium` does.")
    rules = f"{localhost}, {ONLY_LOOPBACK}"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=[f"--host-resolver-rules={rules}"], timeout=START
        )
        try:
            yield running
        finally:
            running.close()
