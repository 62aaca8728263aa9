"""The machine that is measured on: cores, processor time, memory, and the programs that a run needs."""

import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("Django", "mcp", "uvicorn", "uvloop", "httptools", "orjson", "pydantic", "django-oauth-toolkit", "redis")
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class BenchError(Exception):
    """A sentence that tells a person what to do."""


def facts() -> dict[str, object]:
    """What this machine is and runs, for whoever compares figures."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _output("git", "rev-parse", "--short", "HEAD"),
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(usable_cores()),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
    }


def _field(path: str, name: str) -> str:
    """The first value of a `name : value` line; empty where there is none."""
    with suppress(OSError):
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return ""


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


# --- Cores ------------------------------------------------------------------------------------


def usable_cores() -> list[int]:
    """Cores that this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return list(range(os.cpu_count() or 1))
    return sorted(os.sched_getaffinity(0))


def cores() -> tuple[int | None, int | None]:
    """A core for the server and another for the load, where this system can pin a process to one."""
    usable = usable_cores()
    if not hasattr(os, "sched_setaffinity") or len(usable) < 2:
        return None, None
    return usable[0], usable[-1]


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Processes started inside stay on this core."""
    if core is None:
        yield
        return
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


# --- Processes --------------------------------------------------------------------------------


def family(pid: int) -> list[int]:
    """A process and all that descend from it; empty once it is gone."""
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        children = ""
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                children += (task / "children").read_text()
            found.append(each)
        waiting += map(int, children.split())
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time that a process and its children have had; 0 where the system does not tell (proc(5), stat)."""
    total = 0
    for each in family(pid):
        with suppress(OSError):
            user, system = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[11:13]
            total += int(user) + int(system)
    return total / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Memory of a process and its children that is in RAM, pages that they share counted once (PSS)."""
    return _mapped(pid, "Pss")


def private_bytes(pid: int) -> int:
    """The part of it that no other process maps: what grows with a leak, whatever else the machine runs (USS)."""
    return _mapped(pid, "Private_Clean", "Private_Dirty")


def _mapped(pid: int, *names: str) -> int:
    values = (_field(f"/proc/{each}/smaps_rollup", name) for each in family(pid) for name in names)
    return sum(int(value.split()[0]) * 1024 for value in values if value)


def descriptors(pid: int) -> int:
    """Open file descriptors of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def raise_descriptor_limit() -> int:
    """Let this process and those it starts open as many files as the system allows; the limit in force."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End a process that one started: SIGTERM, and SIGKILL when it does not follow."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], what: str) -> None:
    """Wait until somebody listens; raises BenchError when the process ends before."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise BenchError(f"{what} did not start.")


# --- Programs ---------------------------------------------------------------------------------


def find_program(name: str, package: str = "") -> str:
    """Path of a program; from the system's packages when there is none and this is root."""
    if (found := shutil.which(name)) is not None:
        return found
    package = package or name
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise BenchError(
            f"{name} is missing: install it (Debian, Ubuntu: apt-get install {package}) and run this again."
        )
    subprocess.run([apt, "install", "-y", "-qq", package], check=True, stdout=subprocess.DEVNULL)
    return shutil.which(name) or name


@contextmanager
def redis_server(core: int | None) -> Iterator[str]:
    """URL of a Redis of one's own that keeps nothing on disk; on the core of the load, as if on another machine."""
    port = free_port()
    command = [find_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    with pinned(core):
        process = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
    with ended(process):
        wait_for_port(port, process, "redis-server")
        yield f"redis://127.0.0.1:{port}/0"
