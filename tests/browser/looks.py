"""The three ways in which every page is looked at."""

from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page


@dataclass(frozen=True)
class Look:
    """A colour scheme and a size of the window, in CSS pixels."""

    name: str
    scheme: Literal["light", "dark"]
    width: int
    height: int

    def put_on(self, page: Page) -> None:
        """Show the page in this way."""
        page.emulate_media(color_scheme=self.scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": self.width, "height": self.height})
        # Colours may take their time.
        page.evaluate("Promise.allSettled(document.getAnimations().map(animation => animation.finished))")


# 320 px is what WCAG 2.2 asks for (1.4.10): a page at 400 % on a small laptop.
LOOKS = (Look("light", "light", 1100, 800), Look("dark", "dark", 1100, 800), Look("320px", "light", 320, 640))
