"""One Bybit account as `reconcile.exchange.Exchange`."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import datetime, timedelta

from reconcile.bybit.account import read_permissions, read_wallet
from reconcile.bybit.calls import Caller
from reconcile.bybit.clock import VenueClock
from reconcile.bybit.crawler import RETENTION, Crawler
from reconcile.bybit.endpoints import KEY, WALLET
from reconcile.bybit.fees import fee_currency
from reconcile.bybit.instruments import Instruments
from reconcile.bybit.orders import Orders
from reconcile.bybit.positions import read_positions
from reconcile.bybit.settings import BybitSettings
from reconcile.bybit.stream import PrivateStream
from reconcile.bybit.walks import CLOSED_PNL_WALK, EXECUTION_WALK
from reconcile.exchange import StreamEvent
from reconcile.logs import get_logger
from reconcile.values import ClosedPnl, Execution, Instrument, Order, Permissions, VenuePosition, Wallet, Window

log = get_logger(__name__)

_NO_POSITIONS = frozenset({"spot"})
_CLOSED_PNL = frozenset({"linear", "inverse"})
_warned: set[tuple[str, str]] = set()  # of keys that can withdraw: where, and of which account
_WALK_TAKES = timedelta(hours=1)  # the oldest window is to be kept still when its turn comes


class BybitExchange:
    """One account on Bybit: unified, any category, one-way or hedge mode.

    All instances in a process that use one key at one address share its rate budget.
    """

    venue = "bybit"

    def __init__(self, settings: BybitSettings) -> None:
        self._settings = settings
        self._clock = VenueClock()
        self._caller = Caller(settings, self._clock)
        self._crawler = Crawler(self._caller, self._clock)
        self._instruments = Instruments(self._caller, settings)
        self._orders = Orders(self._caller, self._crawler, self._instruments)
        self._stream = PrivateStream(settings, self._caller, self._clock)

    @property
    def environment(self) -> str | None:
        """mainnet, testnet, demo or paper; None where an address of the caller's own is asked, which could be any."""
        given = self._settings
        return None if given.endpoint is not None and given.environment != "paper" else given.environment

    @property
    def categories(self) -> Sequence[str]:
        """The categories of the settings."""
        return self._settings.categories

    @property
    def requests(self) -> int:
        """Requests sent so far, repeated ones included."""
        return self._caller.requests

    def budget(self) -> tuple[int, int] | None:
        """Requests left within a second, and of how many, where it was tightest since last asked; None: unknown."""
        return self._caller.budget()

    async def server_time(self) -> datetime:
        """Bybit's clock, to the millisecond. Raises ExchangeError."""
        return await self._caller.synchronise()

    async def permissions(self) -> Permissions:
        """Whose key it is and what it may do. Raises ExchangeError.

        A key that can withdraw draws a warning, once in a process for each account.
        """
        permissions = read_permissions(await self._caller.ask(KEY), KEY.path)
        account = (str(self._settings.endpoint or self._settings.environment), permissions.uid)
        if permissions.may_withdraw and account not in _warned:
            _warned.add(account)
            log.warning("this key can withdraw; one that can only read is enough", uid=permissions.uid)
        return permissions

    def earliest(self, now: datetime) -> datetime:
        """Two years before `now`, less the time that a walk may take."""
        return now - RETENTION + _WALK_TAKES

    def executions(
        self, category: str, since: datetime, until: datetime, symbol: str | None = None
    ) -> AsyncIterator[Window[Execution]]:
        """All executions of [since, until). Raises InvalidInputError, ExchangeError."""
        filters: Sequence[dict[str, str]] = [{"symbol": symbol}] if symbol else [{}]
        if category == "option" and not symbol:  # without a base coin Bybit answers for BTC alone
            filters = [{"baseCoin": coin} for coin in self._settings.option_coins]
        return self._crawler.windows(EXECUTION_WALK, category, since, until, filters)

    def closed_pnl(
        self, category: str, since: datetime, until: datetime, symbol: str | None = None
    ) -> AsyncIterator[Window[ClosedPnl]]:
        """Closed P&L of [since, until); empty for spot and options. Raises InvalidInputError, ExchangeError."""
        filters = [{"symbol": symbol}] if symbol else [{}]
        if category not in _CLOSED_PNL:
            filters = []
        return self._crawler.windows(CLOSED_PNL_WALK, category, since, until, filters)

    def orders(
        self, category: str, since: datetime, until: datetime, symbol: str | None = None
    ) -> AsyncIterator[Window[Order]]:
        """Orders created in [since, until), each in its newest state. Raises InvalidInputError, ExchangeError."""
        return self._orders.windows(category, since, until, symbol)

    async def orders_by_id(
        self, category: str, order_ids: Sequence[str], since: datetime | None = None
    ) -> Sequence[Order]:
        """Those that are open, among the last 500 closed, or created since `since` (None: the last 7 days).

        Raises ExchangeError. Many old orders are cheaper to find by `orders`.
        """
        return await self._orders.by_id(category, order_ids, since)

    async def positions(self, category: str, symbols: Sequence[str] = ()) -> Sequence[VenuePosition]:
        """Open lines over all settle coins, and the lines of `symbols` even when flat. Raises ExchangeError."""
        if category in _NO_POSITIONS:
            return ()
        return await read_positions(self._caller, self._instruments, category, symbols)

    async def wallet(self) -> Wallet:
        """The unified wallet; equity in USD. Raises ExchangeError."""
        return read_wallet(await self._caller.ask(WALLET, accountType="UNIFIED"), WALLET.path)

    async def instruments(self, category: str, symbols: Sequence[str] = ()) -> Sequence[Instrument]:
        """All of a category, or those named that Bybit lists. Raises ExchangeError."""
        return await self._instruments.of(category, symbols)

    def fee_currency(
        self, execution: Execution, order: Order | None = None, instrument: Instrument | None = None
    ) -> str | None:
        """The coin in which the fee of an execution was charged; None where nothing decides."""
        return fee_currency(execution, order, instrument)

    def stream(self) -> AsyncGenerator[StreamEvent, None]:
        """Executions and orders as they happen. Raises ExchangeRefusedError when the login is refused."""
        return self._stream.events()

    async def close(self) -> None:
        """Ends the connections. Streams end with their readers."""
        await self._caller.close()
