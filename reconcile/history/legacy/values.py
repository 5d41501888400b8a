"""What is compared: the exits of a book, and what an earlier system said of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

ZERO = Decimal(0)
# Sums and products of what the ledger holds have no more digits, so nothing but a division ever rounds.
_EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)
_PLACES = Decimal(1).scaleb(-40)


@contextmanager
def exactly() -> Iterator[None]:
    """Decimals are added and multiplied without rounding."""
    with localcontext(_EXACT):
        yield


def divided(numerator: Decimal, denominator: Decimal) -> Decimal:
    """The quotient, half-even at 40 decimals. In `exactly()`."""
    return (numerator / denominator).quantize(_PLACES)


@dataclass(frozen=True, slots=True)
class Book:
    """A line that is compared. `book_id` is None where the ledger has no book of it."""

    account_id: int
    account: str
    bot_id: str
    category: str
    symbol: str
    position_idx: int
    book_id: int | None
    multiplier: Decimal
    settle_coin: str
    since: datetime  # of the time over which the two are compared
    until: datetime
    sources: tuple[str, ...]

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What a quantity is worth, in the settle coin: quote currency; for inverse contracts the base coin."""
        if self.category == "inverse":
            return divided(quantity * self.multiplier, price)
        return quantity * price * self.multiplier

    def gross(self, side: str, cost: Decimal, proceeds: Decimal) -> Decimal:
        """The P&L of a position of that side, entered at a value of `cost` and left at one of `proceeds`."""
        earned = cost - proceeds if self.category == "inverse" else proceeds - cost
        return earned if side == "Buy" else -earned


@dataclass(frozen=True, slots=True)
class LegacyTrade:
    """A trade as the earlier system booked it. `pnl` is net where `is_net`, else gross."""

    source: str
    legacy_id: str
    side: str
    quantity: Decimal
    entry_price: Decimal | None
    exit_price: Decimal | None
    exit_time: datetime
    pnl: Decimal
    is_net: bool
    commission: Decimal | None
    exit_order_id: str | None
    exit_client_order_id: str | None


@dataclass(slots=True)
class Exit:
    """All that one order closed of a book, by the ledger. Amounts are in the settle coin.

    Attributes:
        fill_ids: the closing fills.
        side: of the position that was closed: `Buy` was a long.
        proceeds: the value at the prices of the exit.
        prices: those at which the order was executed.
        gross: by FIFO; None where a price is not known.
        average_gross: with the moving average of the whole position as the cost, which a partial close leaves alone.
        average_entry_fee: the position's entry commissions, shared alike by all of its quantity.
    """

    fill_ids: list[int]
    time: datetime
    last_time: datetime
    order_id: str | None
    client_order_id: str | None
    side: str
    quantity: Decimal
    proceeds: Decimal
    prices: list[Decimal]
    gross: Decimal | None
    entry_fee: Decimal
    exit_fee: Decimal
    average_gross: Decimal | None
    average_entry_fee: Decimal

    @property
    def net(self) -> Decimal | None:
        """The truth. None where a price is not known."""
        return None if self.gross is None else self.gross - self.entry_fee - self.exit_fee
