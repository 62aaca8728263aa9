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
COLOURS, PLAIN, APART = 96, 32, 300
"""Colours of a picture, of which the most frequent are kept as they are and the others this far apart (`distance`)."""
# The doctor asks the site at its public address, where nobody listens while the pictures are taken.
NOT_PICTURED = ("admin-doctor-found",)


def main(*beginnings: str) -> None:
    """Take the pictures, and remove those of pages that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {
        name: way for name, way in PAGES.items() if name.startswith(beginnings or "") and name not in NOT_PICTURED
    }
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
            if picture.stem not in {f"{name}-{look.name}" for name in wanted for look in LOOKS}:
                picture.unlink()


def keep(picture: bytes, path: Path) -> None:
    """Write a picture with few of its own colours: files stay small.

    Plain areas keep theirs exactly, which Pillow's own methods shift a little, and small signs of a rare one theirs.
    """
    with Image.open(BytesIO(picture)) as opened:
        full = opened.convert("RGB")
    found = sorted(full.getcolors(full.width * full.height) or [], reverse=True)
    kept = [colour for _, colour in found[:PLAIN]]
    for _, colour in found[PLAIN:]:
        if len(kept) < COLOURS and all(distance(one, colour) > APART for one in kept):
            kept.append(colour)
    nearest = {
        int.from_bytes(bytes((*colour, 255)), sys.byteorder): min(
            range(len(kept)), key=lambda i: distance(kept[i], colour)
        )
        for _, colour in found
    }
    # Each pixel as one number: a picture has millions.
    pixels = memoryview(full.convert("RGBA").tobytes()).cast("I")
    small = Image.frombytes("P", full.size, bytes(map(nearest.__getitem__, pixels)))
    small.putpalette([channel for colour in kept for channel in colour])
    small.save(path, "PNG", optimize=True)


def distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    """How far apart two colours are."""
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


if __name__ == "__main__":
    main(*sys.argv[1:])
