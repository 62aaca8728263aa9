"""A load balancer that knows nothing of sessions: each connection goes to the next worker that takes it."""

import asyncio
from itertools import count
from types import TracebackType
from typing import Self


class RoundRobin:
    """Listens on a free loopback port. `ports` are the workers'; it may change while connections are open."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.port = 0
        self._turns = count()
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._forward(reader, writer)
        except asyncio.CancelledError:
            return  # asyncio's server takes a cancelled connection for a failed one
        finally:
            self._open.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        turn = next(self._turns)
        for offset in range(len(self.ports)):
            port = self.ports[(turn + offset) % len(self.ports)]
            try:
                from_worker, to_worker = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            ways = {asyncio.ensure_future(_copy(reader, to_worker)), asyncio.ensure_future(_copy(from_worker, writer))}
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                to_worker.transport.abort()
            return


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on until one end is over."""
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        return  # killed at one end: the other sees its connection break
