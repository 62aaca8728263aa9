"""Copies of the site in folders of their own, for tests that start it as a stranger does."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = (
    "Makefile",
    "manage.py",
    ".env.example",
    "requirements.txt",
    "requirements-dev.txt",
    "scripts",
    "mcpsite",
    "accounts",
    "oauth_bridge",
    "mcp_endpoint",
    "demo_tools",
    "templates",
    "static",
)
# The suite's own settings must not reach the copies.
OURS = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "PUBLIC_URL", "DATABASE_URL", "PORT", "DEBUG", "MAKEFLAGS", "MAKELEVEL")


def copy_site(folder: Path) -> Path:
    """The site's files in a new folder, as a clone has them: no .venv, no .env, no database."""
    folder.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            # Names of bytecode that another process is writing: gone before they are copied.
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copy(source, folder / part)
    return folder


def give_environment(folder: Path) -> None:
    """A finished .venv, made of links to the one that runs the tests, so that no test waits for pip."""
    ours = Path(sys.prefix)
    theirs = folder / ".venv"
    (theirs / "bin").mkdir(parents=True)
    (theirs / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    (theirs / "lib").symlink_to(ours / "lib")
    shutil.copy(ours / "pyvenv.cfg", theirs / "pyvenv.cfg")
    bootstrap = load_bootstrap(folder)
    bootstrap.stamp("requirements.txt", bootstrap.digest_of("requirements.txt"))


def load_bootstrap(folder: Path) -> ModuleType:
    """The script of a copy as a module, whose functions can be called one by one."""
    spec = importlib.util.spec_from_file_location("bootstrap", folder / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what the suite put into it."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, "PYTHON": sys.executable, **(extra or {})}


def make(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`make` in a copy, for what ends by itself."""
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=120,
    )


def complaint(result: subprocess.CompletedProcess[str]) -> str:
    """The one line in which a failed command says why; make's own closing line aside."""
    assert result.returncode != 0, result.stdout
    lines = [line for line in result.stderr.splitlines() if not line.startswith("make:")]
    assert len(lines) == 1, result.stderr
    return lines[0]


class Running:
    """`make run` in a copy, until the block is left; `output` is what it said before it listened."""

    def __init__(self, folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            ["make", "--no-print-directory", "run", *arguments],
            cwd=folder,
            env=environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # As a terminal starts it, also where the tests run in a shell's background, which is deaf to Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.folder = folder
        self.output = ""

    @property
    def url(self) -> str:
        """The address that it printed."""
        return self.output.partition("MCP URL   ")[2].partition("/mcp")[0]

    def line_with(self, text: str) -> str:
        """The next line it says that has a text in it."""
        assert self.process.stdout is not None
        return next(line for line in self.process.stdout if text in line)

    def __enter__(self) -> "Running":
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C" in line:
                return self
        self.process.communicate()
        raise AssertionError(f"It did not start: {self.output}")

    def __exit__(self, *failure: object) -> None:
        with suppress(ProcessLookupError):  # a test may have ended it already
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.communicate(timeout=30)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
