"""Opens many streams, or many sessions, and stays with them without a word.

    python -m benchmarks.crowd streams|sessions NUMBER URL     (body and headers as for call.lua)

Prints how many it has once all are there, and goes when its input ends. A session is one request that is answered;
a stream is one whose answer goes on, of which the first event has come.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from benchmarks.calls import ID
from benchmarks.machine import raise_descriptor_limit

AT_ONCE = 16
"""Requests under way at one time."""
LONGEST_WAIT = 30
"""Seconds for one answer."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def main(kind: str, number: int, url: str) -> None:
    """Make them, say how many there are, and wait."""
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or 80
    body = os.environ["BENCH_BODY"].replace(ID, "1").encode()
    headers = os.environ["BENCH_HEADERS"].replace("\n", "\r\n")
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {host}:{port}\r\n{headers}\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    made = 0
    held: list[Streams] = []

    async def stream() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        held.append((reader, writer))
        writer.write(request)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LONGEST_WAIT)
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise ConnectionError(answer.decode(errors="replace"))
        await asyncio.wait_for(reader.readuntil(b"data:"), LONGEST_WAIT)
        readers.append(asyncio.ensure_future(reader.read()))

    async def sessions(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(request)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LONGEST_WAIT)
        named = answer.lower()
        if b" 200 " not in named.partition(b"\r\n")[0] or b"mcp-session-id" not in named:
            raise ConnectionError(answer.decode(errors="replace"))
        await reader.readexactly(int(named.partition(b"content-length:")[2].partition(b"\r\n")[0]))

    async def worker(make: Callable[[], Awaitable[None]]) -> None:
        nonlocal made
        while made < number:
            made += 1
            await make()

    async def session_worker() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        await worker(lambda: sessions(reader, writer))
        writer.close()

    readers: list[asyncio.Future[bytes]] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker(stream) if kind == "streams" else session_worker())
    print(number, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for _, writer in held:
        writer.transport.abort()


if __name__ == "__main__":
    raise_descriptor_limit()
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
