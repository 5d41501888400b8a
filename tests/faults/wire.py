"""A proxy that knows PostgreSQL's protocol well enough to count statements, and to stop at a chosen one.

Source: PostgreSQL's documentation, "Frontend/Backend Protocol", "Message Formats". A statement is all that a client
sends up to a Query, a Sync or the end of what it copies in; outside of an explicit transaction the server commits it
before it is ready again.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from tests.proxy import Connect, Listener, postgres_connector

_QUERY, _SYNC, _COPIED, _PARSE, _BIND = b"Q", b"S", b"c", b"P", b"B"
_ENDS = frozenset({_QUERY, _SYNC, _COPIED})
_DONE = frozenset({b"Z", b"G"})  # ready for another statement, or for what is to be copied in
_HELD = frozenset({_PARSE, _BIND, b"D", b"E", b"C"})  # up to what ends them


class StatementProxy(Listener):
    """Passes everything on until the statement `end_at` was told of; there it calls `then`, and answers no more.

    Attributes:
        statements: the text of each that was sent so far, on whatever connection.
        ended: whether it has come to that statement, and `then` has returned.
    """

    def __init__(self, database_url: str) -> None:
        self.statements: list[str] = []
        self._connect: Connect = postgres_connector(database_url)
        self.ended = threading.Event()
        self._end: int | None = None
        self._goes_on = False
        self._answered = False
        self._then: Callable[[], object] = lambda: None
        self._before: list[tuple[str, Callable[[], None]]] = []
        self._lock = threading.Lock()
        super().__init__()

    def end_at(self, number: int, *, answered: bool, then: Callable[[], object], goes_on: bool = False) -> None:
        """Ends at the statement of that number, from 1: before the server gets it, or when it has done it.

        With `goes_on` only that connection ends.
        """
        self._end, self._answered, self._then, self._goes_on = number, answered, then, goes_on

    def call_before(self, part: str, then: Callable[[], None]) -> None:
        """Calls `then` each time before the server gets a statement with `part` in its text; the statement waits."""
        self._before.append((part, then))

    def serve(self, client: socket.socket) -> None:
        """Passes on message by message."""
        try:
            opened = self._connect()
        except OSError:  # the server is down
            client.close()
            return
        with client, opened as server:
            silenced = threading.Event()
            back = threading.Thread(target=self._answers, args=(server, client, silenced), daemon=True)
            back.start()
            with suppress(OSError):
                self._requests(client, server, silenced)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _requests(self, client: socket.socket, server: socket.socket, silenced: threading.Event) -> None:
        texts: dict[bytes, str] = {}
        statement, text = b"", ""
        for kind, message in _messages(client, starts=True):
            statement += message
            body = message[5:]
            if kind == _PARSE:
                name, text = body.split(b"\0")[0], body.split(b"\0")[1].decode()
                texts[name] = text
            elif kind == _BIND:
                text = texts.get(body.split(b"\0")[1], "?")
            elif kind == _QUERY:
                text = body.rstrip(b"\0").decode()
            if kind in _ENDS and not self._passes(text, silenced):
                return
            if kind not in _HELD:
                server.sendall(statement)
                statement = b""

    def _passes(self, text: str, silenced: threading.Event) -> bool:
        for part, then in self._before:
            if part in text:
                then()
        with self._lock:
            self.statements.append(text)
            number = len(self.statements)
        if number != self._end:
            return self._end is None or number < self._end or self._goes_on
        if self._answered:
            silenced.set()
            return True
        self._stop()
        return False

    def _stop(self) -> None:
        self._then()
        self.ended.set()

    def _answers(self, server: socket.socket, client: socket.socket, silenced: threading.Event) -> None:
        with suppress(OSError):
            for kind, message in _messages(server):
                if not silenced.is_set():
                    client.sendall(message)
                elif kind in _DONE:
                    self._stop()
                    break
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _messages(sender: socket.socket, *, starts: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """Message by message: its kind, and all of its bytes. The first of a client has no kind."""
    kind = b"" if starts else _exactly(sender, 1)
    while True:
        length = _exactly(sender, 4)
        yield kind, kind + length + _exactly(sender, int.from_bytes(length) - 4)
        kind = _exactly(sender, 1)


def _exactly(sender: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = sender.recv(count - len(found))
        if not more:
            raise ConnectionError("the other side has gone")
        found += more
    return found
