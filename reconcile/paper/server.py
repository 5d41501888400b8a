"""Starting and stopping the local Bybit."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from ledger.errors import ConfigurationError
from reconcile.paper.clock import Clock
from reconcile.paper.control import Control
from reconcile.paper.control_http import add_control
from reconcile.paper.http import add_routes
from reconcile.paper.instruments import Instrument
from reconcile.paper.limits import Limits
from reconcile.paper.market import Market
from reconcile.paper.stream import PATH, PrivateStream
from reconcile.paper.venue import Policy, Venue

_TICK = 0.05
_SHUTDOWN = 1.0
_TURNS = 5


def new_venue(
    *,
    seed: int = 0,
    start: int | None = None,
    running: bool | None = None,
    rate_limits: bool = True,
    policy: Policy | None = None,
    instruments: list[Instrument] | None = None,
    first_uid: int = 1001,
) -> Venue:
    """An exchange without a server.

    Args:
        seed: repeats ids, random walks and the order of rows of one moment.
        start: its time in ms since 1970; None: the machine's clock.
        running: whether its time runs by itself; None: only without start.
        rate_limits: whether requests that come too fast are refused.
        policy: see Policy.
        instruments: what is traded; None: default_instruments().
        first_uid: number of the first account, unless its creator says another; the others count on from there.
    """
    return Venue(
        seed=seed,
        clock=Clock(start, running=running),
        market=Market(instruments),
        policy=policy or Policy(),
        limits=Limits(enabled=rate_limits),
        first_uid=first_uid,
    )


def application(venue: Venue) -> web.Application:
    """The aiohttp application that serves a venue: /v5/…, the private stream, and /paper/… for control."""
    app = web.Application()
    stream = PrivateStream(venue)
    add_routes(app, venue)
    app.router.add_get(PATH, stream.accept)
    add_control(app, Control(venue))

    async def tick() -> None:
        while True:
            with venue.lock:
                venue.catch_up()
            await asyncio.sleep(_TICK)

    async def start(_: web.Application) -> None:
        ticking.append(asyncio.create_task(tick()))

    async def stop(_: web.Application) -> None:
        for task in ticking:
            task.cancel()
        await stream.close_all()

    ticking: list[asyncio.Task[None]] = []
    app.on_startup.append(start)
    app.on_shutdown.append(stop)
    return app


class PaperBybit:
    """A local Bybit that runs in a thread of its own; use it in a `with` or `async with` statement.

    `url` and `ws_url` lead to it. Unmodified pybit reaches it by

        session = HTTP(api_key=…, api_secret=…)
        session.endpoint = exchange.url

    and for the private stream, whose address pybit hands to `_connect`, by a subclass:

        class LocalWebSocket(pybit.unified_trading.WebSocket):
            def _connect(self, url):
                super()._connect(exchange.ws_url)

        LocalWebSocket(testnet=False, channel_type="private", api_key=…, api_secret=…)
    """

    def __init__(self, venue: Venue, host: str = "127.0.0.1", port: int = 0) -> None:
        self.venue = venue
        self.control = Control(venue)
        self._host = host
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._served: tuple[web.AppRunner, socket.socket] | None = None
        self._thread = threading.Thread(target=self._run, name="paper-bybit", daemon=True)

    @property
    def url(self) -> str:
        """The address for HTTP, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    @property
    def ws_url(self) -> str:
        """The address of the private stream."""
        return f"ws://{self._host}:{self._port}{PATH}"

    def start(self) -> None:
        """Listens from now on. Raises OSError if the port is taken."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except BaseException:
            self._end_loop()
            raise

    def stop(self) -> None:
        """Closes all connections and stops."""
        if self._served is not None:
            asyncio.run_coroutine_threadsafe(self._close(*self._served), self._loop).result()
            self._served = None
        self._end_loop()

    async def _close(self, runner: web.AppRunner, listening: socket.socket) -> None:
        # asyncio loses a connection that it is still taking when its server closes. So first no more are taken; after a
        # few turns of the loop those that came in are the runner's, which closes what it has.
        self._loop.remove_reader(listening)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await runner.cleanup()
        await asyncio.sleep(0)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> None:
        listening = _bind(self._host, self._port)
        runner = web.AppRunner(application(self.venue), access_log=None, shutdown_timeout=_SHUTDOWN)
        await runner.setup()
        self._served = runner, listening
        await web.SockSite(runner, listening).start()
        self._port = listening.getsockname()[1]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)


def paper_bybit(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 0,
    start: int | None = None,
    running: bool | None = None,
    rate_limits: bool = True,
    policy: Policy | None = None,
    instruments: list[Instrument] | None = None,
) -> PaperBybit:
    """A local Bybit, not started yet. Port 0: any that is free. The rest as for new_venue."""
    venue = new_venue(
        seed=seed, start=start, running=running, rate_limits=rate_limits, policy=policy, instruments=instruments
    )
    return PaperBybit(venue, host, port)


def listen(host: str, port: int) -> socket.socket:
    """A socket to serve on. Raises ConfigurationError if it cannot be had."""
    try:
        return _bind(host, port)
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None


def _bind(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def serve(host: str = "127.0.0.1", port: int = 8800, venue: Venue | None = None) -> None:
    """Runs a local Bybit in the foreground until SIGINT or SIGTERM. Without a venue: a new one.

    Raises ConfigurationError if the address cannot be listened on.
    """
    serve_on(listen(host, port), venue or new_venue())


def serve_on(listening: socket.socket, venue: Venue) -> None:
    """The same, on a socket that listens already; closes it."""
    app = application(venue)
    web.run_app(app, sock=listening, print=None, access_log=None, shutdown_timeout=_SHUTDOWN)
