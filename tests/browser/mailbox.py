"""What the site has mailed: each message is a file."""

import re
import time
from pathlib import Path

CODE = re.compile(r"^\s*([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*)\s*$", re.MULTILINE)


class Mailbox:
    """Mail of a site whose EMAIL_URL is `url`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # One slash more than a URL needs: environ takes one away.
        self.url = f"filemail:///{folder}"

    def code(self, address: str, seconds: float = 60) -> str:
        """The code in the last message to an address, which stands there on a line of its own; waits for one."""
        deadline = time.monotonic() + seconds
        while (found := self._last_code(address)) is None:
            if time.monotonic() > deadline:
                raise LookupError(f"No code was mailed to {address}.")
            time.sleep(0.05)
        return found

    def _last_code(self, address: str) -> str | None:
        letters = sorted(self.folder.glob("*"), key=lambda path: path.stat().st_mtime_ns)
        for letter in reversed(letters):
            text = letter.read_text()
            if f"To: {address}" in text and (found := CODE.search(text.partition("\n\n")[2])):
                return found[1]
        return None
