"""The whole service: its face, its accounts, its end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import cast

from pydantic import SecretStr

from ledger.database import AsyncDatabase, Query
from ledger.errors import ConfigurationError, DatabaseUnavailableError, LedgerError, SchemaError
from ledger.migrate import current_revision, is_current
from ledger.settings import Settings
from reconcile.logs import get_logger
from reconcile.service.account import AccountService
from reconcile.service.accounts import ServedAccount
from reconcile.service.alerts import Alerts
from reconcile.service.http import serving
from reconcile.service.masking import Masker
from reconcile.service.metrics import Metrics
from reconcile.service.settings import ServiceSettings
from reconcile.service.status import ServiceStatus
from reconcile.service.waiting import Patience

log = get_logger(__name__)

_LOOK = 2.0  # seconds between two looks whether PostgreSQL answers


async def serve(
    settings: ServiceSettings, ledger: Settings, accounts: Sequence[ServedAccount], masker: Masker | None = None
) -> None:
    """Serves until SIGTERM or SIGINT; then what is in hand is ended within the time that `drain` allows.

    A database that does not answer is waited for. Raises SchemaError if it is not at this version's schema,
    ConfigurationError if the address cannot be listened on.
    """
    status = ServiceStatus(started_at=datetime.now(UTC))
    metrics = Metrics(status)
    stopping = _stopped_by_signals()
    async with (
        _alerts(settings, metrics, masker) as alerts,
        serving(settings.host, settings.port, status, metrics, masker) as port,
    ):
        log.info("listening", host=settings.host, port=port)
        await _unless(stopping, _require_schema(ledger))
        services = [
            AccountService(one, settings=settings, ledger=ledger, status=status, metrics=metrics, alerts=alerts)
            for one in accounts
        ]
        async with _watched(ledger, status):
            tasks = [asyncio.create_task(one.run()) for one in services]
            try:
                await _ended_or_stopped(tasks, stopping)
                log.info("stopping")
                status.draining = True
                await _drain(services, tasks, settings.drain)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
    log.info("stopped")


async def _ended_or_stopped(tasks: Sequence["asyncio.Task[None]"], stopping: asyncio.Event) -> None:
    """Returns when the service is to stop; raises what ended an account, for then somebody has to start it again."""
    waiting = asyncio.create_task(stopping.wait())
    try:
        ended, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in ended - {waiting}:
            task.result()
    finally:
        waiting.cancel()


def _alerts(settings: ServiceSettings, metrics: Metrics, masker: Masker | None) -> Alerts:
    try:
        return Alerts(
            settings.alert_urls,
            repeat_after=settings.alert_repeat,
            per_hour=settings.alerts_per_hour,
            sent=metrics.alert,
            masker=masker,
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"SERVICE_ALERT_URLS: {error}") from None


async def _drain(services: Sequence[AccountService], tasks: Sequence["asyncio.Task[None]"], seconds: float) -> None:
    for service in services:
        service.stop()
    _, late = await asyncio.wait(tasks, timeout=seconds)
    if late:
        log.warning("not ended in time; the next start does the rest", seconds=seconds, accounts=len(late))


def _stopped_by_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def _unless(stopping: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Does it, or leaves it when the service is to stop."""
    working = asyncio.create_task(work)
    try:
        await asyncio.wait({working, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        working.cancel()


async def _require_schema(ledger: Settings) -> None:
    """Waits for a database that answers. Raises SchemaError unless it has this version's schema."""
    url = cast(SecretStr, ledger.database_url).get_secret_value()
    patience = Patience(longest=5.0)
    while True:
        try:
            if await asyncio.to_thread(is_current, url):
                return
            found = await asyncio.to_thread(current_revision, url)
        except DatabaseUnavailableError as error:
            log.warning("waiting for the database", problem=str(error))
            await patience.wait()
        else:
            state = "has no ledger" if found is None else "has the ledger of another version"
            raise SchemaError(f"the database {state}: run `fifoledger migrate` on it")


@asynccontextmanager
async def _watched(ledger: Settings, status: ServiceStatus) -> AsyncIterator[None]:
    """Keeps it known whether PostgreSQL answers."""
    database = AsyncDatabase(ledger.model_copy(update={"retry_timeout": 0.0, "statement_timeout": 5.0, "pool_size": 1}))

    async def watch() -> None:
        while True:
            try:
                await database.query(Query("database_time"))
                status.database_ok = True
            except LedgerError as error:
                if status.database_ok:
                    log.warning("the database does not answer", problem=str(error))
                status.database_ok = False
            await asyncio.sleep(_LOOK)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        await database.close()
