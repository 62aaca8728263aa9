"""What needs a browser: `scripts/browser.py install`, `test` and `screenshots`.

Brings Chromium (by apt-get, where that may be used) and what the tests take from npm, then does no more, runs the
browser tests, or writes docs/screenshots. The whole of the tests is shared between processes; with further
arguments, which go to pytest, one process runs what they choose.

Exits with 69 (EX_UNAVAILABLE of sysexits.h) where Chromium or the packages cannot be had at all.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.node import environment, find_npx  # noqa: E402  (the project is importable only from here on)
from tests.browser import chromium  # noqa: E402

TESTS = ROOT / "tests" / "browser"
LOCK = TESTS / "package-lock.json"
PACKAGES = TESTS / "node_modules"
MODULES = {"test": ["pytest", "tests/browser"], "screenshots": ["tests.browser.screenshots"]}
# Each process has a browser and a site of its own.
SHARED = ("-n", "auto", "--maxprocesses", "4")
UNAVAILABLE = 69


class UnavailableError(Exception):
    """Something cannot be had on this machine; the message says what, and what to do."""


def main(task: str, *arguments: str) -> int:
    """Do a task; its exit code."""
    if task not in ("install", *MODULES):
        sys.exit("Say what to do: scripts/browser.py install, test or screenshots.")
    try:
        install_chromium()
        install_packages()
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return UNAVAILABLE
    if task == "install":
        return 0
    if task == "test" and not arguments:
        arguments = SHARED
    return subprocess.call([sys.executable, "-m", *MODULES[task], *arguments], cwd=ROOT)


def install_chromium() -> None:
    """Debian's package, unless there is a browser already."""
    if chromium.executable() is not None:
        return
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and all(map(shutil.which, as_root[:1])):
        print("Installing Chromium ...", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-qq", "-y", "chromium"]):
            subprocess.run([*as_root, "apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if chromium.executable() is None:
        raise UnavailableError(
            "Chromium is missing and could not be installed from here: install it (on Debian and Ubuntu: "
            "sudo apt-get install chromium) and run this again."
        )


def install_packages() -> None:
    """Exactly what the lock file names, unless that is there already."""
    stamp = PACKAGES / "installed-lock.json"
    if stamp.is_file() and stamp.read_bytes() == LOCK.read_bytes():
        return
    npm = str(Path(find_npx()).with_name("npm"))
    print("Installing the OpenID provider and the accessibility checker ...", flush=True)
    install = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=TESTS, env=environment(), check=False)
    if install.returncode:
        # A registry that answers is no excuse.
        if subprocess.run([npm, "ping"], env=environment(), capture_output=True, check=False).returncode:
            raise UnavailableError("npm's registry does not answer: connect this machine to it and run this again.")
        sys.exit("npm could not install tests/browser/package-lock.json; its own words are above.")
    stamp.write_bytes(LOCK.read_bytes())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or [""]))
