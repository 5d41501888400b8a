"""What the exchange remembers: orders, executions, closed P&L and the transaction log."""

from dataclasses import dataclass, field
from decimal import Decimal

from reconcile.paper.amounts import ZERO

OPEN_STATUSES = frozenset({"New", "PartiallyFilled", "Untriggered"})


@dataclass(frozen=True)
class Stamp:
    """When a row happens, from when it is visible (ms), and its random place among rows of the same moment."""

    time: int
    visible_at: int
    tie: int


@dataclass(kw_only=True)
class Row:
    """A row of some history."""

    stamp: Stamp

    @property
    def time(self) -> int:
        """When it happened, in ms."""
        return self.stamp.time

    @property
    def visible_at(self) -> int:
        """From when it can be seen, in ms."""
        return self.stamp.visible_at


@dataclass(kw_only=True)
class Order(Row):
    """An order. `time` is when it was created; quantities are decimal, times in ms."""

    category: str
    symbol: str
    side: str
    order_type: str
    qty: Decimal
    price: Decimal
    order_id: str
    order_link_id: str = ""
    status: str = "New"
    updated: int = 0
    time_in_force: str = "GTC"
    position_idx: int = 0
    reduce_only: bool = False
    close_on_trigger: bool = False
    stop_order_type: str = ""
    create_type: str = "CreateByUser"
    trigger_price: Decimal | None = None
    trigger_direction: int = 0
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tpsl_mode: str = ""
    market_unit: str = ""
    parent_link_id: str = ""
    trailing: Decimal | None = None
    whole_position: bool = False
    group: str = ""
    cum_qty: Decimal = ZERO
    cum_value: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict)
    cancel_type: str = "UNKNOWN"
    reject_reason: str = "EC_NoError"
    last_price: Decimal = ZERO
    closed_visible_at: int = 0

    @property
    def open(self) -> bool:
        """Whether it may still be filled, amended or cancelled."""
        return self.status in OPEN_STATUSES

    @property
    def by_value(self) -> bool:
        """Whether its quantity is an amount of the quote coin (spot market orders)."""
        return self.market_unit == "quoteCoin"

    @property
    def leaves(self) -> Decimal:
        """What is not yet filled, in the unit of qty."""
        return self.qty - (self.cum_value if self.by_value else self.cum_qty)


@dataclass(kw_only=True)
class Execution(Row):
    """One execution, as it was reported; it never changes."""

    category: str
    symbol: str
    side: str
    exec_id: str
    exec_type: str
    price: Decimal
    qty: Decimal
    value: Decimal
    fee: Decimal
    fee_rate: Decimal
    fee_coin: str
    closed_size: Decimal | None
    maker: bool
    seq: int
    order: Order
    leaves: Decimal
    pnl: Decimal = ZERO


@dataclass(kw_only=True)
class ClosedPnl(Row):
    """What one closing order realised, in the settle coin."""

    category: str
    symbol: str
    side: str
    order_id: str
    order_type: str
    order_price: Decimal
    qty: Decimal
    exec_type: str
    leverage: Decimal
    inverse: bool
    updated: int = 0
    closed_size: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    open_fee: Decimal = ZERO
    close_fee: Decimal = ZERO
    pnl: Decimal = ZERO
    fills: int = 0


@dataclass(kw_only=True)
class LogEntry(Row):
    """One line of the transaction log: change = cash_flow + funding − fee."""

    category: str
    symbol: str
    side: str
    kind: str
    qty: Decimal
    size: Decimal
    currency: str
    price: Decimal
    cash_flow: Decimal
    fee: Decimal
    fee_rate: Decimal
    balance: Decimal
    entry_id: str
    trade_id: str = ""
    order_id: str = ""
    order_link_id: str = ""
    funding: Decimal | None = None

    @property
    def change(self) -> Decimal:
        """What the wallet balance changed by."""
        return self.cash_flow + (self.funding or ZERO) - self.fee
