"""Forks server processes of the site that is loaded once: `python -m tests.scale.chaos.parent`.

Each line on standard input is a port to serve on; the process id comes back on standard output.
"""

import os
import signal
import sys

import uvicorn

from mcpsite.asgi import application


def main() -> None:
    """Fork one process for each line, and forget the dead ones."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            uvicorn.run(application, host="127.0.0.1", port=int(line), log_level="warning")
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
