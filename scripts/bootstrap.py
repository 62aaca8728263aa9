"""Makes a bare machine ready and starts the site: `python3 scripts/bootstrap.py run`.

    prepare   .venv with requirements.txt, and .env with a secret key of its own
    run       the same, then `manage.py start`
    dev       .venv with requirements-dev.txt, for tests and linters

Standard library only, and in words that an old Python 3 can parse, so that it can say what is missing.
A step that is done already is skipped: a second run takes no time.
"""

import hashlib
import os
import secrets
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST = (3, 11)
NEWEST_FIRST = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
# What an interpreter must have, and the exit code by which it says what it lacks.
PROBE = """
import sys
if sys.version_info < {}: sys.exit(3)
try: import ensurepip, venv
except ImportError: sys.exit(4)
"""


class BootstrapError(Exception):
    """A sentence that tells a person what to do."""


def main(command: str) -> None:
    """Prepare for `command`; for `run`, become the server."""
    if command not in ("prepare", "run", "dev"):
        raise BootstrapError("Say what to do: scripts/bootstrap.py prepare, run or dev.")
    requirements = "requirements-dev.txt" if command == "dev" else "requirements.txt"
    try:
        create_venv()
        install(requirements)
        if command != "dev":
            write_env_file()
    except OSError as error:
        raise BootstrapError(
            f"Cannot write {error.filename or ROOT} ({error.strerror}): make this folder writable for you, "
            "or move the site to one that is."
        ) from None
    if command == "run":
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execv(PYTHON, [PYTHON, os.path.join(ROOT, "manage.py"), "start"])


def create_venv() -> None:
    """Create .venv, unless there is one whose interpreter is good."""
    if os.path.exists(PYTHON) and probe(PYTHON) in (0, 4):
        return
    base = find_python()
    print(f"Creating .venv with {base} ...", flush=True)
    writable(ROOT)
    made = subprocess.run(
        [base, "-m", "venv", "--clear", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if made.returncode:
        raise BootstrapError(f"{base} could not create .venv ({last_line(made.stdout)}): mend that and run this again.")


def find_python() -> str:
    """The interpreter to build .venv with: this one when it will do, else the newest there is."""
    codes = []
    for candidate in (sys.executable, *NEWEST_FIRST):
        code = probe(candidate)
        if code == 0:
            return candidate
        codes.append(code)
    wanted = ".".join(map(str, OLDEST))
    if 4 in codes:
        raise BootstrapError(
            "The venv module of Python is missing: install it (on Debian and Ubuntu: apt install python3-venv) "
            "and run this again."
        )
    raise BootstrapError(
        f"Python {wanted} or later is needed and only {sys.version.split()[0]} was found: install it, "
        "or name it with PYTHON=/path/to/python3 make run."
    )


def probe(python: str) -> int:
    """0 for an interpreter that will do, 3 for too old, 4 for one without venv, anything else when it does not run."""
    try:
        return subprocess.call(
            [python, "-c", PROBE.format(OLDEST)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return 127


def install(requirements: str) -> None:
    """Install a requirements file into .venv, unless exactly these lines were installed before."""
    digest = digest_of(requirements)
    if stamped(requirements) == digest:
        return
    print(f"Installing {requirements} into .venv (only when it changes; about a minute) ...", flush=True)
    writable(VENV)
    log = os.path.join(VENV, "pip.log")
    with open(log, "w", encoding="utf-8") as output:
        failed = subprocess.call(
            [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", requirements],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if failed:
        with open(log, encoding="utf-8", errors="replace") as output:
            reason = last_line(output.read())
        raise BootstrapError(
            f"pip could not install {requirements} ({reason}): check the network and proxy of this machine and "
            "run this again; all that pip said is in .venv/pip.log."
        )
    stamp(requirements, digest)
    if requirements == "requirements-dev.txt":
        stamp("requirements.txt", digest_of("requirements.txt"))


def digest_of(requirements: str) -> str:
    """Digest of a requirements file and of those that it includes."""
    with open(os.path.join(ROOT, requirements), "rb") as file:
        content = file.read()
    digest = hashlib.sha256(content).hexdigest()
    for line in content.decode().splitlines():
        if line.startswith("-r "):
            digest += digest_of(line[3:].strip())
    return digest


def stamped(requirements: str) -> str:
    """Digest of what was installed last, empty when nothing was."""
    try:
        with open(os.path.join(VENV, requirements + ".installed"), encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""


def stamp(requirements: str, digest: str) -> None:
    """Note what was installed."""
    with open(os.path.join(VENV, requirements + ".installed"), "w", encoding="ascii") as file:
        file.write(digest)


def write_env_file() -> None:
    """Write .env from .env.example with a secret key of its own, unless there is one."""
    target = os.path.join(ROOT, ".env")
    if os.path.lexists(target):
        return
    with open(target + ".example", encoding="utf-8") as file:
        example = file.read()
    content = example.replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(50)}\n", 1)
    # Only its owner may read the key; O_EXCL so that a file made meanwhile is never overwritten.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    print("Wrote .env with a new secret key.", flush=True)


def writable(folder: str) -> None:
    """Raise OSError now when nothing can be written into a folder, instead of half-way through."""
    trial = os.path.join(folder, f".writable-{os.getpid()}")
    with open(trial, "w"):
        pass
    os.unlink(trial)


def last_line(output: str) -> str:
    """The line in which a program says why it gave up."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["it said nothing"])[-1].rstrip(".")


if __name__ == "__main__":
    try:
        main(" ".join(sys.argv[1:]))
    except BootstrapError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
