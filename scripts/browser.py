"""What needs a browser: `scripts/browser.py test` and `scripts/browser.py screenshots`.

Brings Chromium (by apt-get, where that may be used) and what the tests take from npm, then runs the browser
tests, or writes docs/screenshots. Further arguments go to pytest.
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


def main(task: str, *arguments: str) -> int:
    """Do a task; its exit code."""
    if task not in MODULES:
        sys.exit("Say what to do: scripts/browser.py test or screenshots.")
    install_chromium()
    install_packages()
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
        sys.exit(
            "Chromium is missing and could not be installed from here: install it (on Debian and Ubuntu: "
            "sudo apt-get install chromium) and run this again."
        )


def install_packages() -> None:
    """Exactly what the lock file names, unless that is there already."""
    stamp = PACKAGES / "installed-lock.json"
    if stamp.is_file() and stamp.read_bytes() == LOCK.read_bytes():
        return
    npm = Path(find_npx()).with_name("npm")
    print("Installing the OpenID provider and the accessibility checker ...", flush=True)
    subprocess.run([str(npm), "ci", "--no-audit", "--no-fund"], cwd=TESTS, env=environment(), check=True)
    stamp.write_bytes(LOCK.read_bytes())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or [""]))
