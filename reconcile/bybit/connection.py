"""One connection of pybit's private stream, from its opening to its loss.

pybit reads in threads and gives up quietly after some tries, so it is never asked to reconnect: a lost connection is
given up here and a new one made. Every message goes to the event loop as it came.
"""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pybit.unified_trading import WebSocket  # type: ignore[import-untyped]
from websocket import WebSocketException

from reconcile.bybit.clock import VenueClock
from reconcile.bybit.settings import BybitSettings

TOPICS = ("execution", "order")
_LOOK = 0.2  # seconds between two looks at the socket
_BACKLOG = 20_000  # messages; a reader further behind is better served by REST
_FAREWELL = 3.0  # seconds to wait for pybit's thread
_ONE_TRY = 2  # pybit counts one more than it makes
_EXPIRY = 10  # seconds that the signature of the login is valid, by the venue's clock


class ConnectionFailed(Exception):
    """The connection did not come about, or the venue refused it; `refused` says which."""

    def __init__(self, problem: str, *, refused: bool = False) -> None:
        self.refused = refused
        super().__init__(problem)


class _Socket(WebSocket):  # type: ignore[misc]
    """pybit's socket at an address of one's own, for pybit knows only those of Bybit; and ended for good."""

    def __init__(self, address: str | None, **arguments: Any) -> None:
        self._own_address = address
        self._wires: list[Any] = []
        super().__init__(channel_type="private", **arguments)

    def finish(self) -> None:
        """Ends pybit's threads at once; by itself websocket-client's reader notices only when its wait is over."""
        self.ws.keep_running = False
        for wire in self._wires:
            with contextlib.suppress(OSError, WebSocketException):
                if wire.sock is not None:
                    wire.send_close()
                    wire.sock.shutdown(socket.SHUT_RDWR)
        self.wst.join(_FAREWELL)
        self.exit()
        for wire in self._wires:  # after a farewell of the venue, websocket-client leaves the file open
            wire.shutdown()

    def _connect(self, url: str) -> None:
        try:
            super()._connect(self._own_address or url)
        except BaseException:
            self.finish()
            raise

    def _on_open(self) -> None:
        self._wires.append(self.ws.sock)
        super()._on_open()


class Connection:
    """One connection. `alive_at` is the machine's time, in seconds since 1970, of its last sign of life."""

    def __init__(self, settings: BybitSettings, clock: VenueClock) -> None:
        self._settings = settings
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        self._early: list[Mapping[str, Any]] = []
        self._socket: Any = None
        self._watcher: asyncio.Task[None] | None = None
        self._heard_at = time.time()
        self._closed = False

    @property
    def alive_at(self) -> float:
        """The last message or pong."""
        ponged = getattr(getattr(self._socket, "ws", None), "last_pong_tm", 0.0) or 0.0
        return max(self._heard_at, float(ponged))

    async def open(self) -> None:
        """Connects, logs in and subscribes; returns when the venue has confirmed all of it.

        Raises ConnectionFailed.
        """
        try:
            async with asyncio.timeout(self._settings.timeout):
                await self._in_thread(self._connect)
                self._watcher = asyncio.create_task(self._watch())
                await self._confirmed("auth")
                await self._in_thread(self._subscribe)
                for _ in TOPICS:
                    await self._confirmed("subscribe")
        except TimeoutError:
            raise ConnectionFailed("no answer in time") from None

    async def messages(self) -> AsyncIterator[Mapping[str, Any]]:
        """The messages of the topics, until the connection is lost."""
        for early in self._early:
            yield early
        while (message := await self._queue.get()) is not None:
            if message.get("topic") in TOPICS:
                yield message

    async def close(self) -> None:
        """Ends the socket and its threads."""
        self._closed = True
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        if self._socket is not None:
            await self._in_thread(self._socket.finish)

    def _connect(self) -> None:
        address = self._settings.stream_url
        made = _Socket(
            str(address) if address else None,
            testnet=self._settings.environment == "testnet",
            demo=self._settings.environment == "demo",
            api_key=self._settings.api_key.get_secret_value(),
            api_secret=self._settings.api_secret.get_secret_value(),
            ping_interval=self._settings.ping_interval,
            ping_timeout=self._settings.ping_timeout,
            retries=_ONE_TRY,
            restart_on_error=False,
            private_auth_expire=_EXPIRY + self._clock.offset_ms // 1000,
            callback_function=self._hear,
        )
        self._socket = made
        if self._closed:  # nobody waited for it
            made.finish()

    def _subscribe(self) -> None:
        for topic in TOPICS:
            self._socket.subscribe(topic, self._hear)

    def _hear(self, message: Mapping[str, Any]) -> None:
        """Called in pybit's thread."""
        with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._take, message)

    def _take(self, message: Mapping[str, Any]) -> None:
        self._heard_at = time.time()
        if self._queue.qsize() < _BACKLOG:
            self._queue.put_nowait(message)
        elif not self._closed:
            self._closed = True
            self._queue.put_nowait(None)

    async def _confirmed(self, operation: str) -> None:
        while True:
            message = await self._queue.get()
            if message is None:
                raise ConnectionFailed(f"closed before {operation} was confirmed")
            if message.get("topic") in TOPICS:
                self._early.append(message)
            if message.get("op") == operation:
                break
        if message.get("success") is not True:
            raise ConnectionFailed(f"{operation} refused", refused=True)

    async def _watch(self) -> None:
        while self._socket.is_connected():  # noqa: ASYNC110 - a thread's state, without an event
            await asyncio.sleep(_LOOK)
        self._queue.put_nowait(None)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        """Runs pybit's blocking calls where they hold nothing up: some of them wait without a limit."""
        done: asyncio.Future[None] = self._loop.create_future()

        def settle(error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(ConnectionFailed(f"connection failed ({type(error).__name__})"))

        def run() -> None:
            error: BaseException | None = None
            try:
                work()
            except Exception as caught:
                error = caught
            with contextlib.suppress(RuntimeError):  # the event loop is closed
                self._loop.call_soon_threadsafe(settle, error)

        threading.Thread(target=run, name="bybit-stream", daemon=True).start()
        await done
