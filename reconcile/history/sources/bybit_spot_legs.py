"""A spot trade in Bybit's transaction log: one line for the coin that came, one for the coin that went."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import pyarrow as pa

from reconcile.history.rows import Reject
from reconcile.history.sources.chunk import Chunk, text_table

_COLUMNS = (
    "symbol",
    "side",
    "exec_price",
    "exec_qty",
    "exec_time",
    "category",
    "exec_id",
    "order_id",
    "commission",
    "commission_asset",
    "exec_type",
    "row_id",
)
_READ = [
    "currency",
    "contract",
    "direction",
    "quantity",
    "filledprice",
    "feepaid",
    "time",
    "trade",
    "order",
    "exec_type",
    "row_id",
]
_CLOSE = Decimal("0.000001")  # how far quantity times price may be from the other coin's quantity, relatively


class _Key(NamedTuple):
    trade: str | None
    contract: str | None
    side: str | None
    price: str | None
    time: str | None


@dataclass(slots=True)
class _Leg:
    origin: str
    line: int
    cells: dict[str, str | None]
    is_base: bool
    quantity: Decimal
    fee: Decimal

    @property
    def coin(self) -> str:
        return self.cells["currency"] or ""


class SpotLegs:
    """Puts the two lines of each trade together. They stand near each other, in either order."""

    def __init__(self) -> None:
        self._waiting: defaultdict[_Key, list[_Leg]] = defaultdict(list)

    def join(self, chunk: Chunk) -> Chunk:
        """The trades whose second line is in this chunk; each stands at that line."""
        rows: list[list[str | None]] = []
        lines: list[int] = []
        rejected: list[Reject] = []
        for line, cells in zip(chunk.lines.to_pylist(), chunk.rows.select(_READ).to_pylist(), strict=True):
            try:
                leg = _leg(chunk.origin, line, cells)
                other = self._other(leg)
                if other is not None:
                    rows.append(_trade(*((leg, other) if leg.is_base else (other, leg))))
                    lines.append(line)
            except _NoTradeError as error:
                rejected.append(Reject(chunk.origin, line, error.field, cells[error.field], str(error)))
        return Chunk(chunk.origin, text_table(_COLUMNS, rows), pa.array(lines, pa.int64()), rejected)

    def rest(self) -> Chunk | None:
        """The lines without another, rejected."""
        left = [leg for legs in self._waiting.values() for leg in legs]
        if not left:
            return None
        self._waiting.clear()
        reason = "one half of a spot trade; the line of the other coin is not in the file"
        rejected = [Reject(leg.origin, leg.line, "commission_asset", leg.coin, reason) for leg in left]
        return Chunk(left[0].origin, text_table(_COLUMNS, ()), pa.array([], pa.int64()), rejected)

    def _other(self, leg: _Leg) -> _Leg | None:
        cells = leg.cells
        if cells["trade"]:
            key = _Key(cells["trade"], cells["contract"], None, None, None)
        else:
            key = _Key(None, cells["contract"], cells["direction"], cells["filledprice"], cells["time"])
        waiting = self._waiting[key]
        for number, other in enumerate(waiting):
            if other.is_base != leg.is_base and _fits(leg, other):
                del waiting[number]
                if not waiting:
                    del self._waiting[key]
                return other
        waiting.append(leg)
        return None


class _NoTradeError(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def _leg(origin: str, line: int, cells: dict[str, str | None]) -> _Leg:
    contract, coin = cells["contract"] or "", cells["currency"] or ""
    is_base, is_quote = contract.startswith(coin), contract.endswith(coin)
    if not coin or is_base == is_quote:
        raise _NoTradeError("currency", f"{coin or 'nothing'} is not one of the two coins of {contract}")
    quantity, fee = _decimal(cells, "quantity"), _decimal(cells, "feepaid")
    comes = (cells["direction"] == "Buy") == is_base
    if cells["direction"] in {"Buy", "Sell"} and quantity and (quantity > 0) != comes:
        raise _NoTradeError("quantity", "the sign of the quantity contradicts the direction")
    return _Leg(origin, line, cells, is_base, quantity.copy_abs(), fee)


def _decimal(cells: dict[str, str | None], name: str) -> Decimal:
    try:
        found = Decimal(cells[name] or "0")
    except InvalidOperation:
        raise _NoTradeError(name, f"{name} is no number") from None
    if not found.is_finite():
        raise _NoTradeError(name, f"{name} is no number")
    return found


def _fits(one: _Leg, two: _Leg) -> bool:
    base, quote = (one, two) if one.is_base else (two, one)
    value = base.quantity * _decimal(base.cells, "filledprice")
    return abs(value - quote.quantity) <= _CLOSE * max(value, quote.quantity)


def _trade(base: _Leg, quote: _Leg) -> list[str | None]:
    if base.fee and quote.fee:
        raise _NoTradeError("feepaid", f"a fee in both coins, {base.coin} and {quote.coin}")
    charged = base if base.fee else quote
    cells = base.cells
    return [
        cells["contract"],
        cells["direction"],
        cells["filledprice"],
        _text(base.quantity),
        cells["time"],
        "spot",
        cells["trade"],
        cells["order"],
        _text(charged.fee.copy_negate()),
        charged.coin,
        cells["exec_type"],
        cells["row_id"],
    ]


def _text(number: Decimal) -> str:
    return format(number or number.copy_abs(), "f")
