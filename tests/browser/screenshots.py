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
COLOURS = 128


def main(*beginnings: str) -> None:
    """Take the pictures, and remove those of pages that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {name: way for name, way in PAGES.items() if name.startswith(beginnings or "")}
    with (
        TemporaryDirectory() as letters,
        running_site(PEOPLE, mailbox := Mailbox(Path(letters)), PUBLIC_URL=f"http://{ADDRESS}") as site,
        chromium.browser(f"MAP {ADDRESS} 127.0.0.1:{site.port}") as browser,
    ):
        stage = Stage(browser, site, mailbox, f"http://{ADDRESS}")
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
    """Write a picture with a palette: pages have few colours, and files stay small."""
    with Image.open(BytesIO(picture)) as full:
        # Of the ways to choose colours this one keeps those that are rare, such as the red of a warning.
        few = full.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(path, "PNG", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
