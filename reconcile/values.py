"""What a venue says, in exact values: decimals, aware UTC times, empty texts as None.

Every value keeps the venue's own object in `raw`, for the findings and for a person who has to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Raw = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One execution. Quantities in coins (inverse: contracts), prices in quote, `fee` positive a cost."""

    category: str
    symbol: str
    side: str
    exec_id: str
    exec_type: str
    exec_price: Decimal
    exec_qty: Decimal
    exec_time: datetime
    fee: Decimal
    fee_currency: str | None = None
    order_id: str | None = None
    client_order_id: str | None = None
    seq: int | None = None
    is_maker: bool | None = None
    closed_qty: Decimal | None = None  # how much of it closed a position; None where the venue does not say
    leaves_qty: Decimal | None = None
    create_type: str | None = None
    stop_order_type: str | None = None
    order_type: str | None = None
    position_idx: int | None = None  # None where the venue does not say
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class VenuePosition:
    """One line of the venue's positions; `side` is Buy, Sell or None, `size` 0 when flat."""

    category: str
    symbol: str
    position_idx: int
    side: str
    size: Decimal
    avg_price: Decimal | None = None  # the venue's moving average; harmonic for inverse
    mark_price: Decimal | None = None
    seq: int | None = None
    updated_at: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def signed_qty(self) -> Decimal:
        """The quantity, negative for a short."""
        return -self.size if self.side == "Sell" else self.size


@dataclass(frozen=True, kw_only=True)
class Order:
    """One order as the venue knows it now."""

    category: str
    symbol: str
    order_id: str
    client_order_id: str | None
    side: str
    status: str
    qty: Decimal | None
    cum_exec_qty: Decimal
    price: Decimal | None = None
    avg_price: Decimal | None = None
    cum_exec_fee: Decimal | None = None
    fees: Mapping[str, Decimal] = field(default_factory=dict)  # by currency
    position_idx: int | None = None
    reduce_only: bool | None = None
    create_type: str | None = None
    stop_order_type: str | None = None
    parent_client_order_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class ClosedPnl:
    """The venue's own P&L of one closing order, in the settle coin. Fees are None before June 2025."""

    category: str
    symbol: str
    order_id: str
    side: str  # of the closing order
    closed_qty: Decimal
    entry_value: Decimal
    exit_value: Decimal
    closed_pnl: Decimal
    open_fee: Decimal | None
    close_fee: Decimal | None
    fill_count: int | None
    exec_type: str | None
    created_at: datetime
    updated_at: datetime | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """One coin of the wallet; `borrowed` is part of `quantity`'s debt, not of what is owned."""

    coin: str
    quantity: Decimal
    borrowed: Decimal = Decimal(0)

    @property
    def owned(self) -> Decimal:
        """What a spot book is compared with."""
        return self.quantity - self.borrowed


@dataclass(frozen=True, kw_only=True)
class Wallet:
    """Balances of the account, and its equity in USD."""

    equity: Decimal | None
    balances: tuple[Balance, ...]


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """What is traded under a symbol. `quantity` of a book times `multiplier` is coins (inverse: USD)."""

    category: str
    symbol: str
    base_coin: str
    quote_coin: str
    settle_coin: str
    multiplier: Decimal = Decimal(1)
    qty_step: Decimal | None = None
    tick_size: Decimal | None = None
    contract_type: str | None = None
    status: str | None = None


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """What the key may do, and whose it is."""

    uid: str
    read_only: bool
    may_withdraw: bool


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """An object that is none of the above, kept as it came. It never fails the page it was on.

    `readable` is what can be read of it nevertheless, under the names of `Execution`, for a person who decides.
    """

    endpoint: str
    category: str
    reason: str
    raw: Raw = field(repr=False)
    exec_id: str | None = None
    symbol: str | None = None
    exec_type: str | None = None
    exec_time: datetime | None = None
    readable: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Window(Generic[T]):
    """All that a venue has of [since, until), every page of it answered."""

    since: datetime
    until: datetime
    items: tuple[T, ...]
    unreadable: tuple[Unreadable, ...] = ()
    requests: int = 0
