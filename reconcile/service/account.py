"""One account, served: stands by, leads, and begins again after whatever ended it."""

import asyncio
from contextlib import AsyncExitStack, suppress

from ledger import AsyncLedgerClient
from ledger.database import AsyncDatabase, Query
from ledger.errors import ConfigurationError, DatabaseUnavailableError
from ledger.session import EXTERNAL
from ledger.settings import Settings
from reconcile.bybit import BybitExchange
from reconcile.errors import ExchangeUnavailableError
from reconcile.logs import get_logger
from reconcile.service.accounts import ServedAccount
from reconcile.service.alerts import Alerts
from reconcile.service.leader import leadership
from reconcile.service.leading import Leading
from reconcile.service.metrics import Metrics
from reconcile.service.settings import ServiceSettings
from reconcile.service.status import AccountStatus, ServiceStatus
from reconcile.service.waiting import Patience
from reconcile.service.work import Desk
from reconcile.startup.store import Store

log = get_logger(__name__)


class AccountService:
    """Serves one account until it is stopped, or cancelled.

    Args:
        account: which one, and its key.
        settings: the service's.
        ledger: the ledger's settings, with a database in them.
        status, metrics, alerts: what the whole service shares.
    """

    def __init__(
        self,
        account: ServedAccount,
        *,
        settings: ServiceSettings,
        ledger: Settings,
        status: ServiceStatus,
        metrics: Metrics,
        alerts: Alerts,
    ) -> None:
        self._account = account
        self._settings = settings
        self._ledger = ledger
        self._whole = status
        self._metrics = metrics
        self._alerts = alerts
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[object] | None = None
        self._status = AccountStatus(
            name=account.name,
            venue="bybit",
            environment=account.exchange.environment,
            not_served="it has not begun yet",
        )
        status.accounts[account.name] = self._status

    def stop(self) -> None:
        """Lets `run` end: at once where it stands by, else when the batch in hand is booked."""
        self._stopping.set()
        if self._task is not None and not self._status.leading:
            self._task.cancel()

    async def run(self) -> None:
        """Serves. No error ends it: what fails is logged, told, and tried again."""
        self._task = asyncio.current_task()
        patience, of_database = Patience(), Patience(longest=2.0)
        while not self._stopping.is_set():
            try:
                await self._term()
                patience.succeeded()
            except DatabaseUnavailableError as error:  # told once, by the readiness of the whole service
                log.warning("waiting for the database", account=self._account.name, problem=str(error))
                await of_database.wait(self._stopping)
            except Exception as error:
                await self._failed(error)
                await patience.wait(self._stopping)

    async def _failed(self, error: Exception) -> None:
        name = self._account.name
        self._status.not_served = problem = f"{type(error).__name__}: {error}"
        log.error("not served", account=name, problem=problem, exc_info=error)
        await self._alerts.tell(f"account:{name}", f"{name}: not served", problem, "not_served")

    async def _term(self) -> None:
        """Stands by, then leads until leadership is lost or the service stops."""
        async with AsyncExitStack() as stack:
            client = self._client()
            stack.push_async_callback(client.close)
            database = AsyncDatabase(client.settings)
            stack.push_async_callback(database.close)
            store = Store(database, await client.register())
            await self._require_same_place(database)
            exchange = BybitExchange(self._account.exchange)
            stack.push_async_callback(exchange.close)
            prompt = BybitExchange(self._account.prompt)
            stack.push_async_callback(prompt.close)
            desk = Desk(self._settings, exchange, prompt, store, client, self._status, self._metrics, self._alerts)
            leading = Leading(desk, self._whole, self._stopping)
            # Who cannot lead must not stand in the way of one that can, and is not to be relied upon as a standby.
            with suppress(ExchangeUnavailableError):
                await leading.require_own_key()
            self._status.not_served = None
            self._alerts.cleared(f"account:{self._account.name}")
            lost = await stack.enter_async_context(leadership(client.settings, store.account_id))
            self._status.reconciliation = self._status.reason = None  # of an earlier term, or of nobody
            self._status.leading = True
            log.info("leads", account=self._account.name)
            try:
                await leading.until(lost)
            finally:
                self._status.leading = False
                log.info("leads no more", account=self._account.name)

    def _client(self) -> AsyncLedgerClient:
        url, cache = self._ledger.database_url, self._ledger.redis_url
        return AsyncLedgerClient(
            EXTERNAL,
            account=self._account.spec,
            database_url=url.get_secret_value() if url else None,
            redis_url=cache.get_secret_value() if cache else None,
            redis_db=self._ledger.redis_db,
        )

    async def _require_same_place(self, database: AsyncDatabase) -> None:
        """The books of one environment are not fed by another."""
        (row,) = await database.query(Query("report_accounts", {"account": self._account.name, "bot": None}))
        if (row["venue"], row["environment"]) != (self._status.venue, self._status.environment):
            raise ConfigurationError(
                f"account {self._account.name} is registered as {row['venue']} {row['environment']}, "
                f"but its key is of {self._status.venue} {self._status.environment}"
            )
