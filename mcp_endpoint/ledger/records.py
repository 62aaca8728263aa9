"""What one tool call leaves in the ledger, collected while it runs."""

import atexit
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mcp_types import INTERNAL_ERROR

from mcp_endpoint.conf import conf
from mcp_endpoint.entries import ToolEntry
from mcp_endpoint.ledger.rows import Row
from mcp_endpoint.ledger.writer import writer
from mcp_endpoint.models import ToolCall
from mcp_endpoint.wire import encode, failure

if TYPE_CHECKING:
    from mcp_endpoint.entrance.gate import Call

Outcome = ToolCall.Outcome

LONGEST_ARGUMENTS = 10_000
"""Bytes of JSON. Of longer arguments only the names are kept."""

_open: set["Record"] = set()
"""Calls that are running: a server that stops has these to write down too."""


class Record:
    """One call on its way to the ledger. Whoever ends the call ends its record, once."""

    def __init__(self, call: "Call", message: dict[str, Any], request_bytes: int) -> None:
        params = message.get("params") or {}
        name = params.get("name")
        self._call = call
        self._tool = name if isinstance(name, str) else ""
        self._request_id = message["id"]
        self._request_bytes = request_bytes
        self._arguments = _written(call.endpoint.registry.tools.get(self._tool), params.get("arguments"))
        self._outcome = Outcome.OK
        self._error = ""
        self._called_at = time.time()
        self._started = time.perf_counter()
        _open.add(self)

    def note(self, outcome: ToolCall.Outcome, error: str = "") -> None:
        """Say what came of the call."""
        self._outcome, self._error = outcome, error

    def note_failure(self, code: int) -> None:
        """The answer is a JSON-RPC error of this code; says nothing new where the cause was noted."""
        if self._outcome is Outcome.OK:
            self.note(Outcome.PROTOCOL_ERROR, str(code))

    async def answer(self, body: bytes) -> bytes:
        """The body to answer the call with.

        With `MCP_LEDGER=strict` that comes when the row is committed. A call that cannot be written down then has
        its result withheld: the body is an error.
        """
        if self not in _open:
            return body
        row = self._end(len(body))
        if not conf().ledger_is_strict:
            writer.add(row)
            return body
        if await writer.commit(row):
            return body
        text = "The call may have been carried out, but it could not be recorded: its result is withheld"
        return encode(failure(self._request_id, INTERNAL_ERROR, text))

    def cut(self, outcome: ToolCall.Outcome = Outcome.CANCELLED, error: str = "") -> None:
        """The call ends without an answer. One that was answered is left as it is."""
        if self in _open:
            self.note(outcome, error)
            writer.add(self._end(0))

    def _end(self, answer_bytes: int) -> Row:
        _open.discard(self)
        call, principal = self._call, self._call.principal
        peer = call.scope.get("client")
        return Row(
            self._called_at,
            principal.user.pk,
            principal.user.get_username(),
            principal.client_id,
            principal.client_name,
            principal.connection_id,
            call.endpoint.name,
            self._tool,
            self._outcome.value,
            self._error,
            round((time.perf_counter() - self._started) * 1000, 3),
            self._request_bytes,
            answer_bytes,
            call.era,
            str(self._request_id),
            self._arguments,
            _forwarded(call) if b"x-forwarded-for" in call.headers else "",
            peer[0] if peer else "",
        )


def begin(call: "Call", message: dict[str, Any], request_bytes: int) -> Record | None:
    """The record of a request that was let in; None for anything but a tool call, or without a ledger."""
    if message["method"] != "tools/call" or not conf().ledger_is_kept:
        return None
    return Record(call, message, request_bytes)


async def refuse(call: "Call", message: dict[str, Any], request_bytes: int, missing: Iterable[str]) -> None:
    """Write down a request that is refused for scopes that it lacks."""
    if (record := begin(call, message, request_bytes)) is not None:
        record.note(Outcome.REFUSED, " ".join(sorted(missing)))
        await record.answer(b"")


def stop() -> None:
    """Write down everything, the calls included that the server's end cuts short. Blocks until it is committed."""
    for record in list(_open):
        record.cut(error="The server stopped")
    writer.stop()


# For what comes after the orderly stop, and for servers and commands that have none.
atexit.register(stop)


def _written(entry: ToolEntry | None, arguments: Any) -> str:
    """Arguments as the ledger keeps them. Names that the tool does not know may be anything, and are left out."""
    if entry is None or not isinstance(arguments, dict) or not arguments:
        return ""
    try:
        if entry.ledger_arguments and len(written := encode(arguments)) <= LONGEST_ARGUMENTS:
            return written.decode()
    except RecursionError:
        pass
    return encode([name for name in arguments if name in entry.argument_names]).decode()


def _forwarded(call: "Call") -> str:
    return ",".join(value.decode("latin-1") for name, value in call.scope["headers"] if name == b"x-forwarded-for")
