"""What the suite needs beside an Exchange: a venue on which things can be made to happen.

A new implementation adds a subject here and to SUBJECTS; the suite then runs against it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from reconcile.bybit import BybitExchange
from reconcile.exchange import Exchange
from reconcile.paper.faults import HttpFault
from tests.bybit_account import BybitAccount, bybit_account


class Subject(Protocol):
    """One fresh account with funds, no history, and everything under control. Contracts trade in a linear category."""

    category: str
    symbol: str
    other_symbol: str
    span: timedelta  # the longest window that the venue allows

    @property
    def exchange(self) -> Exchange:
        """The implementation under test."""
        ...

    def stranger(self) -> Exchange:
        """The same implementation with a key that the venue does not know."""
        ...

    def now(self) -> datetime:
        """The venue's time."""
        ...

    def trade(self, side: str, qty: str) -> str:
        """Fills an order for `symbol` at once; its id."""
        ...

    def pass_time(self, span: timedelta) -> None:
        """Lets time pass at the venue."""
        ...

    def charge_funding(self) -> None:
        """Charges funding on the open position of `symbol`."""
        ...

    def report_unknown(self) -> None:
        """Reports an execution of a type that nobody knows."""
        ...

    def break_down(self, *, after: int = 0) -> None:
        """Every request fails from the one after the next `after`."""
        ...

    def recover(self) -> None:
        """Requests are answered again."""
        ...

    def interrupt(self) -> None:
        """Ends the stream's connection."""
        ...


class BybitOverPaper:
    """Bybit's implementation and a local Bybit."""

    category = "linear"
    symbol = "BTCUSDT"
    other_symbol = "ETHUSDT"
    span = timedelta(days=7)

    def __init__(self, account: BybitAccount) -> None:
        self._account = account
        self.exchange: Exchange = account.exchange

    def stranger(self) -> Exchange:
        """The same server, another key."""
        return BybitExchange(self._account.settings(api_key="unknown"))

    def now(self) -> datetime:
        """The server's time."""
        return self._account.now()

    def trade(self, side: str, qty: str) -> str:
        """A market order."""
        return self._account.trade(side, qty, self.symbol)

    def pass_time(self, span: timedelta) -> None:
        """Moves the server's clock."""
        self._account.control.advance(span // timedelta(milliseconds=1))

    def charge_funding(self) -> None:
        """One funding event."""
        self._account.control.charge_funding(self.symbol, Decimal("0.0001"))

    def report_unknown(self) -> None:
        """A row with a new execType."""
        self._account.control.report_execution(
            self._account.uid, self.symbol, "SomethingNew", side="Buy", qty=Decimal(1), price=Decimal(1)
        )

    def break_down(self, *, after: int = 0) -> None:
        """HTTP 500."""
        self._account.control.break_http(HttpFault("status", skip=after, times=None))

    def recover(self) -> None:
        """All faults end."""
        self._account.control.heal()

    def interrupt(self) -> None:
        """Closes the socket."""
        self._account.control.disconnect_streams()


@asynccontextmanager
async def bybit_over_paper() -> AsyncIterator[Subject]:
    """A server of its own."""
    async with bybit_account(patience=1.5) as account:
        yield BybitOverPaper(account)


SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[Subject]]] = {"bybit": bybit_over_paper}
