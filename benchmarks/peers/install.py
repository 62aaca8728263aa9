"""Installs the peers, each in a folder of its own beside this one, with exactly the versions that are pinned here."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import BenchError
from scripts.node import environment, find_npx

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / ".peers"
TYPESCRIPT = FOLDER / "typescript"
NODE = TYPESCRIPT / "node_modules" / ".bin" / "node"
PYTHON_PEERS = ("fastmcp", "django-mcpz")


def install() -> None:
    """Install what is not installed yet; raises BenchError."""
    for name in PYTHON_PEERS:
        _once(name, [HERE / f"{name}.txt"], _install_python)
    _once("typescript", [HERE / "typescript" / "package-lock.json"], _install_node)
    # Node.js looks for packages from where the program is.
    shutil.copy(HERE / "typescript" / "server.mjs", TYPESCRIPT)


def python_of(name: str) -> str:
    """The interpreter of a peer."""
    return str(FOLDER / name / "bin" / "python")


def _once(name: str, pins: list[Path], make: Callable[[str], None]) -> None:
    """Make the folder of a peer, unless it was made from exactly these pins."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()
    stamp = FOLDER / name / ".installed"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    print(f"Installing {name} into {FOLDER.relative_to(HERE.parent.parent)} ...", flush=True)
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    (FOLDER / name).mkdir(parents=True)
    try:
        make(name)
    except subprocess.CalledProcessError as error:
        raise BenchError(f"{name} could not be installed: {(error.stderr or error.stdout)[-1000:]}") from None
    stamp.write_text(digest)


def _install_python(name: str) -> None:
    _run([sys.executable, "-m", "venv", str(FOLDER / name)])
    pins = str(HERE / f"{name}.txt")
    _run([python_of(name), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r", pins])


def _install_node(_: str) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "typescript" / name, TYPESCRIPT)
    npm = str(Path(find_npx()).with_name("npm"))
    _run([npm, "ci", "--no-audit", "--no-fund"], TYPESCRIPT)


def _run(command: list[str], folder: Path | None = None) -> None:
    subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
