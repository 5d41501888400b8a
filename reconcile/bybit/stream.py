"""The account's executions and orders as they happen, with a Gap wherever something may be missing."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from reconcile.bybit.calls import Caller
from reconcile.bybit.clock import VenueClock
from reconcile.bybit.connection import Connection, ConnectionFailed
from reconcile.bybit.keeping import kept
from reconcile.bybit.payloads import read_execution, read_order
from reconcile.bybit.settings import CATEGORIES, BybitSettings
from reconcile.errors import ExchangeRefusedError, ExchangeUnavailableError
from reconcile.exchange import Gap, Lost, StreamEvent
from reconcile.logs import get_logger
from reconcile.values import Unreadable

log = get_logger(__name__)

ENDPOINT = "/v5/private"
_REFUSALS = 3  # logins refused in a row until it is believed: a wrong clock is refused too
_READERS = {"execution": read_execution, "order": read_order}


class PrivateStream:
    """Keeps a connection to the private stream for as long as somebody reads."""

    def __init__(self, settings: BybitSettings, caller: Caller, clock: VenueClock) -> None:
        self._settings = settings
        self._caller = caller
        self._clock = clock

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        """Events until the reader stops. A venue that does not answer is tried again without an end.

        Raises ExchangeRefusedError when the venue refuses the login.
        """
        gap = Gap(None)
        while True:
            connection = await self._connected()
            try:
                yield gap
                async for message in connection.messages():
                    for event in events_of(message):
                        yield event
                gap = Gap(self._clock.at(connection.alive_at))
            finally:
                await connection.close()
            log.warning("stream lost", endpoint=ENDPOINT, since=str(gap.since))
            yield Lost()
            await asyncio.sleep(self._settings.first_wait)

    async def _connected(self) -> Connection:
        refusals = 0
        retrying = AsyncRetrying(
            retry=retry_if_exception_type((ConnectionFailed, ExchangeUnavailableError)),
            wait=wait_random_exponential(multiplier=self._settings.first_wait, max=self._settings.longest_wait),
            before_sleep=_log_retry,
        )
        async for attempt in retrying:
            with attempt:
                if refusals or not self._clock.known:
                    await self._caller.synchronise()
                connection = Connection(self._settings, self._clock)
                try:
                    await connection.open()
                    return connection
                except BaseException as problem:
                    await connection.close()
                    refusals = refusals + 1 if isinstance(problem, ConnectionFailed) and problem.refused else 0
                    if refusals >= _REFUSALS:
                        raise ExchangeRefusedError(ENDPOINT, None, str(problem)) from None
                    raise
        raise AssertionError("tenacity ended without a connection or an error")


def events_of(message: Mapping[str, Any]) -> Iterator[StreamEvent]:
    """The events of one message, in its order; each row names its own category."""
    topic = str(message.get("topic"))
    rows = message.get("data")
    if not isinstance(rows, list):
        yield Unreadable(endpoint=topic, category="", reason="data is not a list", raw=kept(message))
        return
    for row in rows:
        category = row.get("category") if isinstance(row, Mapping) else None
        if isinstance(category, str) and category in CATEGORIES:
            yield _READERS[topic](row, category, topic)
        else:
            raw = kept(row) if isinstance(row, Mapping) else {"value": kept(row)}
            yield Unreadable(endpoint=topic, category="", reason="category is none that is known", raw=raw)


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("stream tried again", endpoint=ENDPOINT, attempt=state.attempt_number, problem=str(error))
