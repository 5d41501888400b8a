"""What the reconciler needs of a venue. Each venue implements it; the conformance tests run against all of them."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from reconcile.values import (
    ClosedPnl,
    Execution,
    Instrument,
    Order,
    Permissions,
    Unreadable,
    VenuePosition,
    Wallet,
    Window,
)


class Gap:
    """The stream was not connected for a while: what happened meanwhile must be fetched.

    Attributes:
        since: the last moment, by the venue's clock, at which the stream was known to be connected. None at the
            start: whatever is not proven covered may be missing.
    """

    def __init__(self, since: datetime | None) -> None:
        self.since = since


class Lost:
    """The stream's connection ended. What happens from now on is told by the Gap that follows once there is another."""


StreamEvent = Execution | Order | Unreadable | Gap | Lost


@runtime_checkable
class Exchange(Protocol):
    """One account on one venue. All times are UTC; every method may raise `reconcile.errors.ExchangeError`.

    Several questions may be asked at once, by tasks of one event loop.

    A method answers completely or raises: a failed page, window or settle coin voids the whole answer, and nothing
    that failed is ever read as flat or empty.
    """

    @property
    def venue(self) -> str:
        """The venue's name, as accounts are registered with it, e.g. bybit."""
        ...

    @property
    def categories(self) -> Sequence[str]:
        """The categories that this account trades, e.g. linear, inverse, spot."""
        ...

    async def server_time(self) -> datetime:
        """The venue's clock."""
        ...

    async def permissions(self) -> Permissions:
        """Whose key it is and what it may do. Raises NotOfferedError where the venue never tells."""
        ...

    def earliest(self, now: datetime) -> datetime:
        """Before this moment the venue keeps no executions."""
        ...

    def executions(
        self, category: str, since: datetime, until: datetime, symbol: str | None = None
    ) -> AsyncIterator[Window[Execution]]:
        """All executions of [since, until), oldest window first, each window complete."""
        ...

    def closed_pnl(
        self, category: str, since: datetime, until: datetime, symbol: str | None = None
    ) -> AsyncIterator[Window[ClosedPnl]]:
        """The venue's closed P&L of [since, until), oldest window first. Empty for spot."""
        ...

    def orders(
        self, category: str, since: datetime, until: datetime, symbol: str | None = None
    ) -> AsyncIterator[Window[Order]]:
        """Orders created in [since, until), closed ones included, oldest window first."""
        ...

    async def orders_by_id(
        self, category: str, order_ids: Sequence[str], since: datetime | None = None
    ) -> Sequence[Order]:
        """The orders that the venue still knows of those asked for, in their newest state.

        Args:
            category: what they are orders of.
            order_ids: the venue's ids.
            since: how long ago they may have been created. None: as far back as one request reaches.
        """
        ...

    async def positions(self, category: str, symbols: Sequence[str] = ()) -> Sequence[VenuePosition]:
        """All open positions of a category, and the lines of `symbols` even when flat. Empty for spot."""
        ...

    async def wallet(self) -> Wallet:
        """Balances and equity. Raises NotOfferedError where the venue has no wallet to read."""
        ...

    async def instruments(self, category: str, symbols: Sequence[str] = ()) -> Sequence[Instrument]:
        """What is traded: all of a category, or the symbols named."""
        ...

    def fee_currency(
        self, execution: Execution, order: Order | None = None, instrument: Instrument | None = None
    ) -> str | None:
        """The coin of `execution.fee`: as the execution says, else as its order says, else by the venue's rule.

        None where none of them decides. Asks nobody.
        """
        ...

    def stream(self) -> AsyncGenerator[StreamEvent, None]:
        """Executions and orders as they happen. A Gap comes first; each interruption is Lost, then a Gap.

        Closing the generator ends its connection.
        """
        ...

    async def close(self) -> None:
        """Ends connections and threads."""
        ...
