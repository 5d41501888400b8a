"""The work of the service that leads for an account: its jobs, and its stream."""

import asyncio
import hashlib
from contextlib import suppress
from datetime import UTC, datetime

from ledger.errors import DatabaseUnavailableError
from ledger.settings import DAY
from reconcile.errors import ExchangeError, WrongAccountError
from reconcile.logs import get_logger
from reconcile.service.jobs import Jobs
from reconcile.service.status import ServiceStatus, StreamState
from reconcile.service.waiting import Patience, first_of
from reconcile.service.work import Desk, Work
from reconcile.stream.booking import LiveBooking
from reconcile.values import Execution

log = get_logger(__name__)

_SOON = 5.0  # seconds until both sides are compared after the stream was away
_RETRY = 30.0  # seconds until a reconciliation that was refused is tried again


class Leading:
    """Works for one account; it is what the live booking tells of its progress (`Watcher`)."""

    def __init__(self, desk: Desk, status: ServiceStatus, stopping: asyncio.Event) -> None:
        self._desk = desk
        self._stopping = stopping
        self._jobs = Jobs(desk.status.name, status, desk.metrics, desk.alerts)
        self._work = Work(desk, lambda seconds: self._jobs.soon("reconcile", seconds))
        self._compared = asyncio.Event()
        self._live: LiveBooking | None = None
        self._unfit = asyncio.Event()
        self._wrong: WrongAccountError | None = None

    async def require_own_key(self) -> None:
        """See Work."""
        await self._work.require_own_key()

    async def until(self, lost: asyncio.Event) -> None:
        """Works until leadership is lost, or the service stops and what the stream has told is booked.

        Raises WrongAccountError if the key turns out to be another account's: then somebody else may lead.
        """
        self._schedule()
        self._jobs.start()
        live = asyncio.create_task(self._book())
        try:
            await first_of(lost, self._stopping, self._unfit)
            await self._jobs.stop()
            if self._wrong is not None:
                raise self._wrong
            if not lost.is_set():
                await live
        finally:
            live.cancel()
            await asyncio.wait({live})
            await self._jobs.stop()

    def _schedule(self) -> None:
        settings, work = self._desk.settings, self._work
        self._jobs.every("reconcile", settings.reconcile_every, self._reconcile)
        self._jobs.every("heartbeats", settings.heartbeats_every, work.heartbeats)
        self._jobs.every("equity", settings.equity_every, work.equity, first=1.0)
        self._jobs.every("instruments", settings.instruments_every, work.instruments, first=settings.instruments_every)
        self._jobs.every("retention", DAY, work.retention, first=60.0)
        self._jobs.daily("verify", settings.verify_at, work.verify)

    async def _reconcile(self) -> str:
        status = self._desk.status
        try:
            line = await self._work.reconcile()
        except WrongAccountError as error:
            self._wrong = error
            self._unfit.set()
            raise
        except Exception as error:
            if not isinstance(error, (DatabaseUnavailableError, ExchangeError)):
                status.not_served = f"{type(error).__name__}: {error}"
            self._jobs.soon("reconcile", _RETRY)
            raise
        status.not_served = None
        self._compared.set()
        if self._live is not None:
            with suppress(ExchangeError):  # the report says what does not answer
                await self._live.synchronise()
        return line

    async def _book(self) -> None:
        """Books the stream, once both sides were compared; whatever ends it, it begins again."""
        patience = Patience()
        await first_of(self._compared, self._stopping)
        while not self._stopping.is_set():
            try:
                await self._work.require_own_key()
                await self._book_stream()
                patience.succeeded()
            except Exception as error:
                log.error("the stream ended", account=self._desk.status.name, exc_info=error)
                await self._desk.tell("stream", "the stream ended", f"{type(error).__name__}: {error}", "stream")
                await patience.wait(self._stopping)

    async def _book_stream(self) -> None:
        desk = self._desk
        live = self._live = LiveBooking(desk.prompt, desk.store, desk.client, self, desk.since())
        running = asyncio.create_task(live.run())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            live.stop()
            await running
        finally:
            stopping.cancel()
            running.cancel()
            await asyncio.wait({running})
            self._live = None

    def stream_is(self, state: StreamState) -> None:
        """See Watcher."""
        status = self._desk.status
        if state != status.stream:
            log.info("stream", account=status.name, state=state)
        status.stream = state
        if state == "live":
            status.stream_alive_at = datetime.now(UTC)
            self._desk.cleared("stream")

    def booked(self, execution: Execution, lag: float | None) -> None:
        """See Watcher."""
        self._desk.metrics.booked(self._desk.status.name, execution.exec_type, lag)
        self._desk.status.last_booked_at = datetime.now(UTC)

    async def trouble(self, kind: str, title: str, text: str) -> None:
        """See Watcher."""
        log.warning(title, account=self._desk.status.name, what=text)
        same = hashlib.sha256(text.encode()).hexdigest()[:16]
        await self._desk.tell(f"{kind}:{same}", title, text, kind)

    def reconcile_soon(self) -> None:
        """See Watcher."""
        self._jobs.soon("reconcile", _SOON)
