"""What the ledger answers with: frozen values that also read like rows (`row["total_qty"]`, `dict(row)`).

Quantities are in the instrument's unit (coins, for inverse contracts contracts of one quote unit), prices in
quote currency, P&L and commissions in the settle coin unless the field beside them names another, times in
UTC.
"""

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Self


class Row(Mapping[str, Any]):
    """A frozen dataclass that is also a read-only mapping of its fields."""

    _aliases: typing.ClassVar[Mapping[str, str]] = {}

    def __getitem__(self, key: str) -> Any:
        name = self._aliases.get(key, key)
        if name not in self:
            raise KeyError(key)
        return getattr(self, name)

    def __contains__(self, key: object) -> bool:
        return key in _converters(type(self)) or key in self._aliases

    def __iter__(self) -> Iterator[str]:
        return iter(_converters(type(self)))

    def __len__(self) -> int:
        return len(_converters(type(self)))

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Builds the value from a database row or its JSON; columns without a field are left out."""
        converters = _converters(cls)
        values = {name: convert(row[name]) for name, convert in converters.items() if name in row}
        if len(values) < len(converters):
            return cls(**values)
        made = object.__new__(cls)  # a frozen one's own way sets field by field, and takes as long as all conversions
        made.__dict__.update(values)
        return made


def _decimal(value: Any) -> Decimal | None:
    return value if value is None or isinstance(value, Decimal) else Decimal(value)


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return None if value is None else value.astimezone(UTC)


def _same(value: Any) -> Any:
    return value


@cache
def _converters(cls: type) -> Mapping[str, Callable[[Any], Any]]:
    """How each field is read; JSON has no decimals and no times of its own."""
    hints = typing.get_type_hints(cls)
    found: dict[str, Callable[[Any], Any]] = {}
    for f in fields(cls):
        hint = hints[f.name]
        kinds = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
        found[f.name] = _decimal if Decimal in kinds else _time if datetime in kinds else _same
    return found


@dataclass(frozen=True, kw_only=True)
class Position(Row):
    """What one book holds. Flat: `total_qty` 0, `side` "None".

    `avg_entry_price` is the average of the open FIFO lots (harmonic for inverse contracts), 0 when flat and
    None when the price of a part of it is unknown. It is not the venue's moving average.
    """

    symbol: str
    side: str
    total_qty: Decimal
    avg_entry_price: Decimal | None
    entries: int = 0
    bot_id: str = ""
    category: str = "linear"
    position_idx: int = 0
    first_entry_time: datetime | None = None
    last_entry_time: datetime | None = None
    cost: Decimal = Decimal(0)
    open_commission: Decimal = Decimal(0)
    realized_pnl: Decimal = Decimal(0)
    dust_qty: Decimal = Decimal(0)
    settle_coin: str = ""
    book_seq: int = 0
    updated_at: datetime | None = None

    _aliases: typing.ClassVar[Mapping[str, str]] = {"size": "total_qty", "avg_price": "avg_entry_price"}

    @property
    def book(self) -> dict[str, Any]:
        """What all that belongs to the book has in common."""
        return {
            "bot_id": self.bot_id,
            "category": self.category,
            "symbol": self.symbol,
            "position_idx": self.position_idx,
            "settle_coin": self.settle_coin,
        }

    @property
    def size(self) -> Decimal:
        """The same as `total_qty`, by the name that the cache and Bybit use."""
        return self.total_qty

    @property
    def avg_price(self) -> Decimal | None:
        """The same as `avg_entry_price`, by the name that the cache uses."""
        return self.avg_entry_price


@dataclass(frozen=True, kw_only=True)
class PositionEntry(Row):
    """A lot: what one fill opened, and what is left of it. `entry_id` is the id of that fill.

    `entry_commission` is the lot's whole share of the fill's commission, in `commission_asset`;
    `remaining_commission` the part that belongs to `remaining_qty`.
    """

    entry_id: int
    symbol: str
    side: str
    entry_price: Decimal | None
    original_qty: Decimal
    remaining_qty: Decimal
    entry_time: datetime
    entry_commission: Decimal
    status: str
    bot_id: str
    category: str
    position_idx: int
    entry_fill_id: int
    commission_asset: str
    remaining_commission: Decimal
    exec_id: str
    order_id: str | None = None
    client_order_id: str | None = None
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class CompletedTrade(Row):
    """One lot, or part of it, closed by one fill. `side` is the entry's: Buy was a long.

    `gross_pnl` and `net_pnl` are in `settle_coin` and None, with `pnl_reason`, where a price is unknown. A
    commission in another currency (see the two assets) is not taken off `net_pnl`. `pnl_pct` is net P&L in
    percent of the entry value, None where the entry cost nothing.
    """

    symbol: str
    side: str
    quantity: Decimal
    entry_price: Decimal | None
    exit_price: Decimal | None
    entry_time: datetime
    exit_time: datetime
    gross_pnl: Decimal | None
    entry_commission: Decimal
    exit_commission: Decimal
    net_pnl: Decimal | None
    pnl_pct: Decimal | None
    exit_reason: str | None
    entry_fill_id: int
    exit_fill_id: int
    bot_id: str
    category: str
    position_idx: int
    settle_coin: str
    entry_commission_asset: str
    exit_commission_asset: str
    holding_seconds: Decimal
    pnl_reason: str | None = None
    entry_reason: str | None = None
    entry_order_id: str | None = None
    exit_order_id: str | None = None
    entry_client_order_id: str | None = None
    exit_client_order_id: str | None = None
    source: str = ""


# What trading.batch_result() says of a trade, in its order.
_TRADE = (
    "entry_fill_id", "exit_fill_id", "entry_time", "exit_time", "side", "quantity", "entry_price", "exit_price",
    "gross_pnl", "entry_commission", "exit_commission", "net_pnl", "pnl_pct", "entry_commission_asset",
    "exit_commission_asset", "holding_seconds", "pnl_reason", "entry_reason", "exit_reason", "entry_order_id",
    "exit_order_id", "entry_client_order_id", "exit_client_order_id", "source",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FillResult(Row):
    """What a fill did. `duplicate`: the ledger had it already and nothing was written.

    `entry` is the lot it opened, as it is now; `completed_trades` what it closed, oldest lot first; `position`
    the book afterwards. Cash (funding, settlement) has no `fill_id` and touches no lot.
    """

    fill_id: int | None
    duplicate: bool
    entry: PositionEntry | None
    completed_trades: list[CompletedTrade]
    position: Position

    @classmethod
    def from_row(cls, row: Mapping[str, Any], position: Position | None = None) -> Self:
        """Builds the result, with its parts, from the database's JSON answer; `position` is its own, already built.

        What is the book's is not said again of each part. The trades of a batch come as lists.
        """
        at = Position.from_row(row["position"]) if position is None else position
        book, fill_id, entry = at.book, row["fill_id"], row["entry"]
        return cls(
            fill_id=fill_id,
            duplicate=row["duplicate"],
            entry=entry and PositionEntry.from_row({**book, "entry_id": fill_id, "entry_fill_id": fill_id, **entry}),
            completed_trades=[CompletedTrade.from_row({**book, **_named(trade)}) for trade in row["completed_trades"]],
            position=at,
        )


def _named(trade: Mapping[str, Any] | list[Any]) -> Mapping[str, Any]:
    return dict(zip(_TRADE, trade, strict=True)) if isinstance(trade, list) else trade


@dataclass(frozen=True, kw_only=True)
class QuarantineDecision(Row):
    """What was decided about an execution in quarantine. `fresh`: now; else the answer is what was decided before.

    `booked` is what the decision booked, with the bot in whose book; `before` that book's position, None where there
    was none; `result` what the fill did. All three are None for what was ignored, the last two where nothing is fresh.
    """

    fresh: bool
    category: str
    exec_id: str
    decision: str
    note: str | None
    decided_at: datetime
    decided_by: str
    booked: Mapping[str, Any] | None
    before: Position | None
    result: FillResult | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Builds the value, with its parts, from the database's JSON answer."""
        known = {name: convert(row[name]) for name, convert in _converters(cls).items() if name in row}
        known["before"] = None if row["before"] is None else Position.from_row(row["before"])
        known["result"] = None if row["result"] is None else FillResult.from_row(row["result"])
        return cls(**known)


@dataclass(frozen=True, kw_only=True)
class CoinPnl(Row):
    """Realized P&L in one coin. Commissions and funding are costs: positive was paid, negative received."""

    coin: str
    gross: Decimal = Decimal(0)
    commissions: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)
    net: Decimal = Decimal(0)
    trades: int = 0
    unpriced_trades: int = 0


@dataclass(frozen=True, kw_only=True)
class PnlSummary(Row):
    """Realized P&L: `net` = `gross` − `commissions` − `funding`, of trades closed and cash moved in the time asked.

    The amounts are in `settle_coin`. Where several coins settle they cannot be added: then `settle_coin` and the
    amounts are None and `by_settle_coin` has them coin by coin. `other_commissions` are those charged in a currency
    that is not the trade's settle coin (MNT, BNB …), which `net` leaves out.
    """

    settle_coin: str | None
    gross: Decimal | None
    commissions: Decimal | None
    funding: Decimal | None
    net: Decimal | None
    trades: int
    by_settle_coin: Mapping[str, CoinPnl] = field(default_factory=dict)
    other_commissions: Mapping[str, Decimal] = field(default_factory=dict)
