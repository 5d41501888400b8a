"""Books what the stream tells within moments, and fetches first what it could not tell."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from ledger import AsyncLedgerClient
from ledger.errors import DatabaseUnavailableError
from reconcile.errors import ExchangeUnavailableError
from reconcile.exchange import Exchange, Lost
from reconcile.logs import get_logger
from reconcile.startup.booking import Booker, LineKey
from reconcile.startup.completeness import IncompleteLotsError
from reconcile.startup.importing import Importer
from reconcile.startup.saving import columns
from reconcile.startup.store import Store
from reconcile.stream.buffer import Batch, Buffer, News
from reconcile.values import Execution, Order, Unreadable

log = get_logger(__name__)

StreamState = Literal["off", "connecting", "catching_up", "live"]
_TOGETHER = 0.02  # seconds; an order and its executions are told apart, but at once
_SIGN_OF_LIFE = 5.0  # seconds; a quiet account is told from a dead stream
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 15.0
_DOUBT = 300.0  # seconds
_PATIENT_WITH = 3  # questions that the venue leaves unanswered, each for a while, before the others wait, too
_CONFLICTS = {
    "conflicting_fill": "An execution contradicts the ledger",
    "instrument_conflict": "An instrument is not what its fills were booked with",
}
_PASSING = (DatabaseUnavailableError, ExchangeUnavailableError)


class Watcher(Protocol):
    """Who wants to know how the booking goes."""

    def stream_is(self, state: StreamState) -> None:
        """The stream's state changed, or it is alive."""
        ...

    def booked(self, execution: Execution, lag: float | None) -> None:
        """An execution was booked that the ledger did not have.

        `lag` is the seconds since it happened, by the venue's clock; None for what was fetched, not told.
        """
        ...

    async def trouble(self, kind: str, title: str, text: str) -> None:
        """Something needs a person. `kind` is the finding's, or what was refused."""
        ...

    def reconcile_soon(self) -> None:
        """A look at both sides is due."""
        ...


class LiveBooking:
    """Books one account's stream until it is stopped.

    Args:
        exchange: the account on its venue.
        store, client: the ledger's side of the same account; the client's login may act for all of its bots.
        watcher: is told what happens.
        since: nothing before this moment is fetched; default: as far back as the venue keeps it.
    """

    def __init__(
        self,
        exchange: Exchange,
        store: Store,
        client: AsyncLedgerClient,
        watcher: Watcher,
        since: datetime | None = None,
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._client = client
        self._watcher = watcher
        self._since = since
        self._buffer = Buffer()
        self._stopping = asyncio.Event()
        self._ahead: timedelta | None = None  # the venue's clock before the machine's
        self._doubtful: dict[LineKey, float] = {}  # lines of which the venue itself lacks history, until when
        self._began = False
        self._connected = False

    async def run(self) -> None:
        """Reads and books until `stop` is called; what was told before is booked then.

        What does not answer, database or exchange, is tried again without an end. Raises ExchangeRefusedError when
        the venue refuses the login.
        """
        reading = asyncio.create_task(self._read())
        wait = _FIRST_WAIT
        try:
            while True:
                await self._something(reading)
                if self._stopping.is_set():
                    await _ended(reading)
                    if not self._buffer.is_bookable:
                        return
                elif reading.done():
                    reading.result()
                if not self._buffer.is_filled:
                    self._alive()
                    continue
                await asyncio.sleep(_TOGETHER)
                if await self._round():
                    wait = _FIRST_WAIT
                else:
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, _LONGEST_WAIT)
        finally:
            await _ended(reading)
            self._watcher.stream_is("off")

    async def _something(self, reading: "asyncio.Task[None]") -> None:
        """Waits for news, for the end of either side, or for so long that a sign of life is due."""
        waiting = [asyncio.create_task(self._buffer.filled()), asyncio.create_task(self._stopping.wait())]
        try:
            await asyncio.wait({*waiting, reading}, timeout=_SIGN_OF_LIFE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    def stop(self) -> None:
        """Lets `run` end once it has booked what it was told; what lies behind a gap is left to the next start."""
        self._stopping.set()

    async def synchronise(self) -> datetime:
        """Asks for the venue's time, and learns how far its clock is from the machine's. Raises ExchangeError."""
        before = datetime.now(UTC)
        now = await self._exchange.server_time()
        self._ahead = now - (before + (datetime.now(UTC) - before) / 2)
        return now

    async def _read(self) -> None:
        categories = frozenset(self._exchange.categories)  # the stream tells of others, too
        self._watcher.stream_is("connecting")
        async with aclosing(self._exchange.stream()) as events:
            async for event in events:
                self._connected = not isinstance(event, Lost)
                if isinstance(event, Lost):
                    self._watcher.stream_is("connecting")
                elif not isinstance(event, Execution | Order) or event.category in categories:
                    self._buffer.put(event)

    async def _round(self) -> bool:
        """Books what there is; answers whether it could."""
        batch = self._buffer.take()
        try:
            if batch.gap:
                self._watcher.stream_is("catching_up")
                await self._catch_up()
                batch.gap = False
            await self._book(batch.news)
        except Exception as problem:
            if isinstance(problem, DatabaseUnavailableError) or (batch.gap and isinstance(problem, _PASSING)):
                log.warning("live booking waits", problem=str(problem))
                self._buffer.put_back(batch)
                return False
            # Whatever it is, the rest of the batch and of the day must not suffer from it.
            log.warning("live booking goes on one by one", problem=f"{type(problem).__name__}: {problem}")
            return await self._one_by_one(batch, problem)
        self._alive()
        return True

    def _alive(self) -> None:
        if self._connected and self._began:
            self._watcher.stream_is("live")

    async def _catch_up(self) -> None:
        """Fetches all that is not proven fetched, so that what follows meets complete lots."""
        now = await self.synchronise()
        booker = await self._booker(lambda execution: self._watcher.booked(execution, None))
        importer = Importer(self._exchange, self._store, booker)
        await importer.run(self._since, now)
        await self._report(booker)
        if self._began:
            self._watcher.reconcile_soon()
        self._began = True

    async def _book(self, news: Sequence[News]) -> None:
        """A message that was lost shows when its lots are closed: then REST is asked for it."""
        try:
            await self._book_once(news, complete_lots=True)
        except IncompleteLotsError as missing:
            if self._doubtful.get(missing.line, 0.0) < time.monotonic():
                log.warning("fetching what is missing", problem=str(missing))
                await self._catch_up()
                try:
                    await self._book_once(news, complete_lots=True)
                    return
                except IncompleteLotsError as lasting:
                    self._doubtful[lasting.line] = time.monotonic() + _DOUBT
            await self._book_once(news, complete_lots=False)

    async def _book_once(self, news: Sequence[News], *, complete_lots: bool) -> None:
        booker = await self._booker(
            lambda e: self._watcher.booked(e, self._lag(e)), complete_lots=complete_lots, source="stream"
        )
        await booker.keep_orders([one for one in news if isinstance(one, Order)])
        executions = _once([one for one in news if isinstance(one, Execution)])
        for category in dict.fromkeys(e.category for e in executions):
            await booker.book(category, [e for e in executions if e.category == category])
        await self._quarantine(booker, [one for one in news if isinstance(one, Unreadable)])
        await self._report(booker)

    async def _one_by_one(self, batch: Batch, problem: Exception) -> bool:
        """After an error: what is not its cause is booked; its cause waits, or is left to the reconciliation."""
        left: list[str] = [f"{type(problem).__name__}: {problem}"] if batch.gap else []
        later: list[News] = []
        for number, one in enumerate(batch.news):
            try:
                await self._book([one])
            except _PASSING as passing:
                later.append(one)
                if isinstance(passing, DatabaseUnavailableError) or len(later) > _PATIENT_WITH:
                    later += batch.news[number + 1 :]
                    break
            except Exception as error:
                log.error("not booked", what=_named(one), exc_info=error)
                left.append(f"{_named(one)}: {type(error).__name__}: {error}")
        if left:
            await self._watcher.trouble("not_booked", "The stream told what could not be booked", "\n".join(left[:20]))
            self._watcher.reconcile_soon()
        if later:
            log.warning("live booking waits", problem=str(problem), for_these=len(later))
            self._buffer.put_back(Batch(news=later))
        return not later

    async def _quarantine(self, booker: Booker, unreadable: Sequence[Unreadable]) -> None:
        kept = [one for one in unreadable if one.endpoint != "order"]
        for one in unreadable:
            log.warning("unreadable", topic=one.endpoint, exec_id=one.exec_id, reason=one.reason)
        if kept:
            await Importer(self._exchange, self._store, booker).quarantine(kept)
            booker.booked.refused += [f"{one.category} {one.symbol} {one.exec_id}: {one.reason}" for one in kept]

    async def _report(self, booker: Booker) -> None:
        """Conflicts become findings; what overtook a newer state of its order is no news."""
        for kind, title in _CONFLICTS.items():
            found = [finding for finding in booker.booked.findings if finding.kind == kind]
            if found and await self._store.add_findings([columns(finding) for finding in found]):
                text = "\n".join(f"{f.category} {f.symbol}: {f.rule}" for f in found[:20])
                await self._watcher.trouble(kind, title, text)
        if booker.booked.refused:
            text = "\n".join(booker.booked.refused[:20])
            await self._watcher.trouble("quarantined", "Executions in quarantine", text)
            self._watcher.reconcile_soon()  # which makes a finding of it

    async def _booker(
        self,
        on_new: Callable[[Execution], None],
        *,
        complete_lots: bool = False,
        source: Literal["exchange", "stream"] = "exchange",
    ) -> Booker:
        """A new one each time: bots register, modes switch, and a service runs for months."""
        bots = tuple(await self._store.bots())
        booker = Booker(
            self._exchange, self._store, self._client, bots, on_new=on_new, complete_lots=complete_lots, source=source
        )
        await booker.prepare()
        return booker

    def _lag(self, execution: Execution) -> float | None:
        if self._ahead is None:
            return None
        return max((datetime.now(UTC) + self._ahead - execution.exec_time).total_seconds(), 0.0)


def _once(executions: Sequence[Execution]) -> Sequence[Execution]:
    """Without repeated messages. One id on two orders is not one: the account traded with itself."""
    seen: dict[tuple[str, str, str | None], Execution] = {}
    for e in executions:
        seen.setdefault((e.category, e.exec_id, e.order_id), e)
    return list(seen.values())


def _named(one: News) -> str:
    return f"execution {one.exec_id}" if isinstance(one, Execution | Unreadable) else f"order {one.order_id}"


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # seen: whoever waits for the task raises it
