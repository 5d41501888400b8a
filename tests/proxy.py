"""A proxy between a client and a server that fails on command: the network as it can be."""

import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.database.url import to_conninfo

Connect = Callable[[], socket.socket]


def connector(host: str, port: int) -> Connect:
    """Connects by TCP, or for a path by Unix socket."""

    def connect() -> socket.socket:
        if not host.startswith("/"):
            return socket.create_connection((host, port), 5)
        opened = socket.socket(socket.AF_UNIX)
        try:
            opened.connect(host)
        except OSError:
            opened.close()
            raise
        return opened

    return connect


def postgres_connector(database_url: str) -> Connect:
    """Connects to the server of a libpq URL."""
    parts = conninfo_to_dict(to_conninfo(database_url))
    host, port = str(parts.get("host") or "localhost"), int(parts.get("port") or 5432)
    return connector(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else host, port)


class Listener(ABC):
    """Takes connections on a free loopback port, each served by a thread of its own, until it is closed.

    Whoever inherits from it has everything ready before it calls this constructor.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def postgres_url(self, database_url: str) -> str:
        """The same database through here."""
        parts = conninfo_to_dict(to_conninfo(database_url))
        unencrypted = {"sslmode": "disable", "gssencmode": "disable"}
        return make_conninfo("", **{**parts, **unencrypted, "host": "127.0.0.1", "port": self.port})

    @abstractmethod
    def serve(self, client: socket.socket) -> None:
        """Serves a connection until its end, and closes it."""

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A thread in accept() keeps a closed listener alive; shutting it down wakes the thread.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Proxy(Listener):
    """Passes on what it gets. What it does with requests and answers can be changed at any time.

    Attributes:
        refuses: whether new connections are closed at once.
        swallows: whether answers of the server are kept back, for ever.
        resets: whether connections that end are reset, without the farewell that TCP knows.
        delay: seconds by which each answer comes late.
        holds: a request with these bytes in it is not passed on, nor is anything after it; `held` tells.
    """

    def __init__(self, connect: Connect) -> None:
        self.refuses = False
        self.swallows = False
        self.resets = False
        self.delay = 0.0
        self._awaited = b""
        self._asked = threading.Event()
        self._asked.set()
        self.holds: bytes | None = None
        self.held = threading.Event()
        self.cuts = 0
        self._cut_at: bytes | None = None
        self._connect = connect
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__()

    def cut_after(self, request: bytes) -> None:
        """The next request with these bytes reaches the server, and its answer is lost with the connection."""
        self._cut_at = request

    def hold_answers_until(self, request: bytes) -> None:
        """No answer is passed on before a request with these bytes has come."""
        self._awaited = request
        self._asked.clear()

    def cut(self) -> None:
        """Breaks all connections."""
        with self._lock:
            for opened in self._open:
                self._end(opened)

    def _end(self, opened: socket.socket) -> None:
        with suppress(OSError):
            if self.resets:
                # Nothing is sent now; without lingering the close that follows sends a reset.
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                opened.shutdown(socket.SHUT_RD)
            else:
                opened.shutdown(socket.SHUT_RDWR)

    def serve(self, client: socket.socket) -> None:
        """Passes on in both directions until one side ends it."""
        if self.refuses:
            client.close()
            return
        try:
            server = self._connect()
        except OSError:
            client.close()
            return
        with self._lock:
            self._open |= {client, server}
        armed = threading.Event()
        back = threading.Thread(target=self._answers, args=(server, client, armed), daemon=True)
        back.start()
        self._requests(client, server, armed)
        back.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _requests(self, client: socket.socket, server: socket.socket, armed: threading.Event) -> None:
        before = b""
        with suppress(OSError):
            while data := client.recv(1 << 20):
                if self._awaited in before + data:
                    self._asked.set()
                before = data[-100:]  # a request may come in two pieces
                if self.holds is not None and self.holds in data:
                    self.held.set()
                    continue
                if self._cut_at is not None and self._cut_at in data:
                    self._cut_at = None
                    armed.set()
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _answers(self, server: socket.socket, client: socket.socket, armed: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 20):
                if armed.is_set():
                    self.cuts += 1
                    break
                if self.delay:
                    time.sleep(self.delay)
                self._asked.wait()
                if not self.swallows:
                    client.sendall(data)
        for side in (server, client):
            self._end(side)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.cut()
