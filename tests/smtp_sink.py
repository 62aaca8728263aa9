"""A mail server on this machine that takes every letter and delivers none (RFC 5321)."""

import socketserver
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Condition, Thread
from types import TracebackType
from typing import Self


class SmtpSink:
    """Takes mail at `url`, which is good for EMAIL_URL. Use as a context manager."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self._arrived = Condition()
        handler = type("Handler", (_Handler,), {"sink": self})
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, content: bytes) -> None:
        """A letter has arrived."""
        letter = message_from_bytes(content, policy=policy.default)
        with self._arrived:
            self.letters.append(letter)
            self._arrived.notify_all()

    def wait_for(self, count: int, seconds: float = 30) -> list[EmailMessage]:
        """All letters, once so many have arrived; fewer when they do not in time."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.letters) >= count, seconds)
            return list(self.letters)


class _Handler(socketserver.StreamRequestHandler):
    sink: SmtpSink

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            match line[:4].upper():
                case b"DATA":
                    self._say("354 go on")
                    self.sink.take(self._content())
                    self._say("250 taken")
                case b"QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 fine")

    def _content(self) -> bytes:
        """Lines up to the one with a lone dot; another dot before a line is taken away (§4.5.2)."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
