"""The clients. Every method is one of `ledger.operations`, run blocking or awaiting; neither has logic of its own."""

import copy
import dataclasses
import functools
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from ledger.cache import AsyncCache, AsyncCaches, Cache
from ledger.database import AsyncDatabase, Batch, Database, Query
from ledger.errors import LedgerError
from ledger.money import read_text
from ledger.opening import open_session
from ledger.operations import adjusting, bots, deciding, reading, recording, sequence
from ledger.session import Operation, Session
from ledger.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    operation: Callable[Concatenate[Session, P], Operation[T]],
) -> "Callable[Concatenate[LedgerClient, P], T]":
    @functools.wraps(operation)
    def method(self: "LedgerClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(operation(self._session, *args, **kwargs))

    return method


def _awaiting(
    operation: Callable[Concatenate[Session, P], Operation[T]],
) -> "Callable[Concatenate[AsyncLedgerClient, P], Awaitable[T]]":
    @functools.wraps(operation)
    async def method(self: "AsyncLedgerClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(operation(self._session, *args, **kwargs))

    return method


class LedgerClient:
    """One bot's access to the ledger, blocking. Thread-safe; usable in forked and spawned workers.

    Args:
        bot_id: the bot's stable name, e.g. lxalgo_001.
        account: name, or venue:name[:environment]; default LEDGER_ACCOUNT, else the bot's own, else "default".
        database_url: any libpq URL; default LEDGER_DATABASE_URL, else embedded servers are started.
        redis_url: redis://, rediss:// or unix://; default LEDGER_REDIS_URL. Without one PostgreSQL answers.
        redis_db: number of the Redis database, above the URL's.
        category: of the symbols named without one: linear, inverse, spot, option …

    Connects, and registers account and bot, at the first use.
    """

    def __init__(
        self,
        bot_id: str,
        *,
        account: str | None = None,
        database_url: str | None = None,
        redis_url: str | None = None,
        redis_db: int | None = None,
        category: str = "linear",
    ) -> None:
        self._settings, self._session = open_session(
            bot_id,
            account=account,
            database_url=database_url,
            redis_url=redis_url,
            redis_db=redis_db,
            category=category,
        )
        self._database = Database(self._settings)
        self._cache = Cache(self._settings) if self._settings.redis_url is not None else None

    @property
    def bot_id(self) -> str:
        """The bot that this client writes for."""
        return self._session.bot_id

    @property
    def settings(self) -> Settings:
        """The settings in force: where it connects, and how patiently."""
        return self._settings

    def acting_for(self, bot_id: str) -> Self:
        """A client for another registered bot of the account, on the same connections: closing one closes both."""
        name = read_text("bot_id", bot_id)
        other = copy.copy(self)
        account_id = self.register()
        other._session = dataclasses.replace(self._session, bot_id=name, account_id=account_id)
        return other

    register = _blocking(bots.register)
    register_instrument = _blocking(bots.register_instrument)
    heartbeat = _blocking(bots.heartbeat)
    update_equity = _blocking(bots.update_equity)
    record_fill = _blocking(recording.record_fill)
    record_fills = _blocking(recording.record_fills)
    decide_quarantined = _blocking(deciding.decide_quarantined)
    reassign_fill = _blocking(deciding.reassign_fill)
    reassign_cash = _blocking(deciding.reassign_cash)
    record_adjustment = _blocking(adjusting.record_adjustment)
    take_back_adjustment = _blocking(adjusting.take_back_adjustment)
    get_position = _blocking(reading.get_position)
    get_current_position_summary = _blocking(reading.get_current_position_summary)
    get_open_position_entries = _blocking(reading.get_open_position_entries)
    get_completed_trades = _blocking(reading.get_completed_trades)
    refresh_positions = _blocking(reading.refresh_positions)
    position_as_of = _blocking(reading.position_as_of)
    realized_pnl = _blocking(reading.realized_pnl)
    write_fill = _blocking(sequence.write_fill)
    create_position_entry = _blocking(sequence.create_position_entry)
    close_position_fifo = _blocking(sequence.close_position_fifo)
    update_position_redis = _blocking(sequence.update_position_redis)
    get_position_redis = _blocking(sequence.get_position_redis)

    def _run(self, operation: Operation[T]) -> T:
        answer: Any = None
        failure: LedgerError | None = None
        while True:
            try:
                step = operation.send(answer) if failure is None else operation.throw(failure)
            except StopIteration as done:
                result: T = done.value
                return result
            answer, failure = None, None
            try:
                if isinstance(step, Query):
                    answer = self._database.query(step)
                elif isinstance(step, Batch):
                    answer = self._database.batch(step)
                elif self._cache is not None:
                    answer = self._cache.run(step)
            except LedgerError as error:
                failure = error

    def close(self) -> None:
        """Closes all connections. The client cannot be used afterwards."""
        self._database.close()
        if self._cache is not None:
            self._cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncLedgerClient:
    """The same client for asyncio: the same arguments, the same methods, awaited.

    Constructing it is blocking only where it has to start embedded servers. It is made for one event loop and closed
    before that ends; in another loop it connects anew, and drops what the former has left open.
    """

    def __init__(
        self,
        bot_id: str,
        *,
        account: str | None = None,
        database_url: str | None = None,
        redis_url: str | None = None,
        redis_db: int | None = None,
        category: str = "linear",
    ) -> None:
        self._settings, self._session = open_session(
            bot_id,
            account=account,
            database_url=database_url,
            redis_url=redis_url,
            redis_db=redis_db,
            category=category,
        )
        self._database = AsyncDatabase(self._settings)
        self._cache: AsyncCache | AsyncCaches | None = None
        if self._settings.redis_url is not None:
            self._cache = AsyncCache(self._settings)

    @property
    def bot_id(self) -> str:
        """The bot that this client writes for."""
        return self._session.bot_id

    @property
    def settings(self) -> Settings:
        """The settings in force: where it connects, and how patiently."""
        return self._settings

    async def acting_for(self, bot_id: str) -> Self:
        """A client for another registered bot of the account, on the same connections: closing one closes both."""
        name = read_text("bot_id", bot_id)
        other = copy.copy(self)
        account_id = await self.register()
        other._session = dataclasses.replace(self._session, bot_id=name, account_id=account_id)
        return other

    register = _awaiting(bots.register)
    register_instrument = _awaiting(bots.register_instrument)
    heartbeat = _awaiting(bots.heartbeat)
    update_equity = _awaiting(bots.update_equity)
    record_fill = _awaiting(recording.record_fill)
    record_fills = _awaiting(recording.record_fills)
    decide_quarantined = _awaiting(deciding.decide_quarantined)
    reassign_fill = _awaiting(deciding.reassign_fill)
    reassign_cash = _awaiting(deciding.reassign_cash)
    record_adjustment = _awaiting(adjusting.record_adjustment)
    take_back_adjustment = _awaiting(adjusting.take_back_adjustment)
    get_position = _awaiting(reading.get_position)
    get_current_position_summary = _awaiting(reading.get_current_position_summary)
    get_open_position_entries = _awaiting(reading.get_open_position_entries)
    get_completed_trades = _awaiting(reading.get_completed_trades)
    refresh_positions = _awaiting(reading.refresh_positions)
    position_as_of = _awaiting(reading.position_as_of)
    realized_pnl = _awaiting(reading.realized_pnl)
    write_fill = _awaiting(sequence.write_fill)
    create_position_entry = _awaiting(sequence.create_position_entry)
    close_position_fifo = _awaiting(sequence.close_position_fifo)
    update_position_redis = _awaiting(sequence.update_position_redis)
    get_position_redis = _awaiting(sequence.get_position_redis)

    async def _run(self, operation: Operation[T]) -> T:
        answer: Any = None
        failure: LedgerError | None = None
        while True:
            try:
                step = operation.send(answer) if failure is None else operation.throw(failure)
            except StopIteration as done:
                result: T = done.value
                return result
            answer, failure = None, None
            try:
                if isinstance(step, Query):
                    answer = await self._database.query(step)
                elif isinstance(step, Batch):
                    answer = await self._database.batch(step)
                elif self._cache is not None:
                    answer = await self._cache.run(step)
            except LedgerError as error:
                failure = error

    async def close(self) -> None:
        """Closes all connections. The client cannot be used afterwards."""
        await self._database.close()
        if self._cache is not None:
            await self._cache.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
