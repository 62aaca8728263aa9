"""Writes a picture of every page in every look: `python -m tests.browser.screenshots`, or `make screenshots`.

They go to docs/screenshots, as <page>-<look>.png. With arguments, only pages whose names begin with one of them.
"""

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from tests.browser import chromium
from tests.browser.conftest import PEOPLE
from tests.browser.looks import LOOKS
from tests.browser.mailbox import Mailbox
from tests.browser.pages import PAGES
from tests.browser.running_site import running_site
from tests.browser.stage import Stage

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "screenshots"
# What everybody has who starts the site.
ADDRESS = "localhost:8000"
COLOURS = 256


def main(*beginnings: str) -> None:
    """Take the pictures, and remove those of pages that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {name: way for name, way in PAGES.items() if name.startswith(beginnings or "")}
    with (
        TemporaryDirectory() as letters,
        running_site(PEOPLE, mailbox := Mailbox(Path(letters)), PUBLIC_URL=f"http://{ADDRESS}") as site,
        chromium.browser(f"MAP {ADDRESS} 127.0.0.1:{site.port}") as browser,
        Stage(browser, site, mailbox, f"http://{ADDRESS}") as stage,
    ):
        for name, way in wanted.items():
            page = way(stage)
            for look in LOOKS:
                look.put_on(page)
                picture = page.screenshot(full_page=True, animations="disabled")
                keep(picture, FOLDER / f"{name}-{look.name}.png")
            stage.tidy()
            print(name, flush=True)
    if not beginnings:
        for picture in FOLDER.glob("*.png"):
            if picture.stem not in {f"{name}-{look.name}" for name in PAGES for look in LOOKS}:
                picture.unlink()


def keep(picture: bytes, path: Path) -> None:
    """Write a picture with a palette of its own most frequent colours: pages have few, and files stay small.

    The palette is exact, where Pillow's own methods shift the large plain areas a little.
    """
    with Image.open(BytesIO(picture)) as opened:
        full = opened.convert("RGB")
    found = sorted(full.getcolors(full.width * full.height) or [], reverse=True)
    kept = [colour for _, colour in found[:COLOURS]]
    nearest = {colour: min(range(len(kept)), key=lambda i: distance(kept[i], colour)) for _, colour in found}
    small = Image.frombytes("P", full.size, bytes(nearest[colour] for colour in full.get_flattened_data()))
    small.putpalette([channel for colour in kept for channel in colour])
    small.save(path, "PNG", optimize=True)


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How far apart two colours are."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
