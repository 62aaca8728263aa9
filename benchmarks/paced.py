"""Sends one request at a steady pace, whatever the server does, and prints how long each answer took.

    python -m benchmarks.paced URL CALLS_PER_SECOND SECONDS     (body and headers as for call.lua)

wrk only knows one load: as much as there is. Here a call is due at its moment whether or not earlier ones came back,
and its time counts from that moment, so that a server which stands still is charged for all who wait. It polls its
sockets without a pause: timers of milliseconds would be coarser than the answers.
"""

import json
import os
import select
import socket
import sys
from collections import deque
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from benchmarks.calls import ID

CONNECTIONS = 64
LONGEST_WAIT = 10.0
"""Seconds after which answers that are still out count as lost."""


class Connection:
    """A socket that has at most one call under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.received = b""
        self.due = 0.0

    def is_answered(self) -> bool | None:
        """Read what came: True when the whole answer is there, None when it is no success."""
        self.received += self.socket.recv(65536)
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return False
        lowered = head.lower()
        _, sized, rest = lowered.partition(b"\r\ncontent-length:")
        whole = len(body) >= int(rest.partition(b"\r\n")[0]) if sized else body.endswith(b"0\r\n\r\n")
        if whole:
            self.received = b""
            return True if lowered.split(b" ", 2)[1] == b"200" else None
        return False


def main(url: str, rate: float, seconds: float) -> dict[str, Any]:
    """Latencies in milliseconds, counted from the moment each call was due, and how many failed."""
    parts = urlsplit(url)
    address = (parts.hostname or "localhost", parts.port or 80)
    requests = _requests(parts.path, f"{address[0]}:{address[1]}")
    polled = select.epoll()
    connections = {}
    for _ in range(CONNECTIONS):
        made = Connection(address)
        connections[made.socket.fileno()] = made
        polled.register(made.socket, select.EPOLLIN)
    idle, waiting = deque(connections.values()), deque[float]()
    latencies: list[float] = []
    total, failed, planned = int(rate * seconds), 0, 0
    began = perf_counter() + 0.01
    while len(latencies) + failed < total:
        now = perf_counter()
        while planned < total and began + planned / rate <= now:
            waiting.append(began + planned / rate)
            planned += 1
        while waiting and idle:
            free = idle.popleft()
            free.due = waiting.popleft()
            free.socket.send(requests(len(latencies) + planned))
        for number, _ in polled.poll(0):
            answered = connections[number].is_answered()
            if answered is False:
                continue
            if answered:
                latencies.append(perf_counter() - connections[number].due)
            else:
                failed += 1
            idle.append(connections[number])
        if now > began + seconds + LONGEST_WAIT:
            break
    return summary(latencies, total)


def summary(latencies: list[float], total: int) -> dict[str, Any]:
    """Percentiles in milliseconds of the calls that succeeded, and the number of those that did not."""
    ordered = sorted(latencies)
    if not ordered:
        return {"calls": total, "failed": total}
    names = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    found = {name: ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000 for name, part in names.items()}
    return {"calls": total, "failed": total - len(ordered), **{name: round(each, 3) for name, each in found.items()}}


def _requests(path: str, host: str) -> Any:
    """What makes the bytes of a request with a number of its own."""
    before, after = (part.encode() for part in os.environ["BENCH_BODY"].split(ID))
    lines = (f"POST {path} HTTP/1.1", f"Host: {host}", *os.environ["BENCH_HEADERS"].splitlines(), "Content-Length: ")
    head = "\r\n".join(lines).encode()

    def request(number: int) -> bytes:
        own = str(number).encode()
        return b"%b%d\r\n\r\n%b%b%b" % (head, len(before) + len(own) + len(after), before, own, after)

    return request


if __name__ == "__main__":
    import gc

    gc.disable()
    print(json.dumps(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))))
