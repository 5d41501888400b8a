"""Trades as ccxt gives them, of any exchange: what `fetch_my_trades` and `fetch_funding_history` answer.

Shapes: https://docs.ccxt.com/#/?id=trade-structure and https://docs.ccxt.com/#/?id=funding-history-structure

ccxt's numbers are floats unless the caller asks for others; a float is taken as the shortest text that is read back
as the same float, which is what the exchange sent as long as that had no more than fifteen digits. Executions of
Bybit carry the exchange's own text in `info`, and that text is taken instead.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow as pa

from reconcile.history.rows import Batch, Reject
from reconcile.history.sources.chunk import Chunk, shorten, text_table
from reconcile.history.sources.layouts import adjust
from reconcile.history.sources.mapping import ColumnMapping

ROWS = 20_000
_COLUMNS = (
    "symbol",
    "side",
    "exec_price",
    "exec_qty",
    "exec_time",
    "category",
    "exec_id",
    "order_id",
    "client_order_id",
    "commission",
    "commission_asset",
    "seq",
    "is_maker",
    "exec_type",
)
_BYBIT = {
    "symbol": "symbol",
    "side": "side",
    "exec_price": "execPrice",
    "exec_qty": "execQty",
    "exec_time": "execTime",
    "category": "category",
    "exec_id": "execId",
    "order_id": "orderId",
    "client_order_id": "orderLinkId",
    "commission": "execFee",
    "commission_asset": "feeCurrency",
    "seq": "seq",
    "is_maker": "isMaker",
    "exec_type": "execType",
}
_BYBIT_NEEDED = ("symbol", "side", "execId", "execType", "execPrice", "execQty", "execTime")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CATEGORIES = {"spot": "spot", "margin": "spot", "option": "option"}

Trade = Mapping[str, Any]


class CcxtSource:
    """Fills out of ccxt's trades and funding payments; the line of a row is its place among them, from 1."""

    unit = "rows"

    def __init__(
        self, trades: Iterable[Trade], *, name: str = "ccxt trades", mapping: ColumnMapping | None = None
    ) -> None:
        """Takes the trades; an iterator is read once, as far as is asked for.

        Args:
            trades: ccxt's dicts, trades and funding payments mixed as they come.
            name: what reports call them.
            mapping: values and constants for the rows, such as {"bot_id": "lxalgo_001"}; its columns are not used.
        """
        self._trades = trades
        self._name = name
        self._mapping = mapping or ColumnMapping()

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @property
    def total(self) -> int | None:
        """How many there are; None for an iterator."""
        return len(self._trades) if isinstance(self._trades, (list, tuple)) else None

    def batches(self) -> Iterator[Batch]:
        """The rows; a dict that is none of the two is rejected with the reason."""
        trades = iter(self._trades)
        done = 0
        while some := list(islice(trades, ROWS)):
            chunk = self._read(some, done + 1)
            done += len(some)
            yield Batch(self._name, chunk.rows, chunk.lines, done, tuple(chunk.rejected))

    def _read(self, trades: list[Trade], first: int) -> Chunk:
        rows: list[list[str | None]] = []
        lines: list[int] = []
        rejected: list[Reject] = []
        for line, trade in enumerate(trades, first):
            try:
                cells = _cells(trade)
            except _NoTradeError as error:
                shown = None if error.value is None else shorten(str(error.value))
                rejected.append(Reject(self._name, line, error.field, shown, str(error)))
            else:
                rows.append([cells.get(name) for name in _COLUMNS])
                lines.append(line)
        chunk = Chunk(self._name, text_table(_COLUMNS, rows), pa.array(lines, pa.int64()), rejected)
        return adjust(chunk, self._mapping)


class _NoTradeError(ValueError):
    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = value


def _cells(trade: Trade) -> dict[str, str | None]:
    if not isinstance(trade, Mapping):
        raise _NoTradeError("", trade, "a dict is needed")
    info = trade.get("info")
    if isinstance(info, Mapping) and all(info.get(name) for name in _BYBIT_NEEDED):
        return _of_bybit(trade, info)
    symbol, category = _market(trade, info)
    common = {
        "symbol": symbol,
        "category": category,
        "exec_id": _text("id", trade.get("id")),
        "exec_time": _time(trade),
    }
    if "side" not in trade and "code" in trade:
        return common | _funding(trade)
    cost, currency = _fee(trade)
    maker = trade.get("takerOrMaker")
    return common | {
        "side": _text("side", trade.get("side")),
        "exec_price": _number("price", trade.get("price")),
        "exec_qty": _number("amount", trade.get("amount")),
        "order_id": _text("order", trade.get("order")),
        "client_order_id": _text("clientOrderId", trade.get("clientOrderId")),
        "commission": cost,
        "commission_asset": currency,
        "is_maker": None if maker is None else str(maker == "maker").lower(),
        "exec_type": "Trade",
    }


def _of_bybit(trade: Trade, info: Mapping[str, Any]) -> dict[str, str | None]:
    """The exchange's own text. The category is the market's; an execution does not name it."""
    cells = {ours: _plain(theirs, info.get(theirs)) or None for ours, theirs in _BYBIT.items()}
    cells["category"] = cells["category"] or _market(trade, info)[1]
    cells["commission"] = cells["commission"] or _plain("execFeeV2", info.get("execFeeV2"))
    cells["commission_asset"] = cells["commission_asset"] or _fee(trade)[1]
    millis = cells["exec_time"] or ""
    if millis.isascii() and millis.isdigit() and len(millis) == 13:
        cells["exec_time"] = (_EPOCH + timedelta(milliseconds=int(millis))).isoformat()
    return cells


def _funding(trade: Trade) -> dict[str, str | None]:
    """In ccxt what was received is positive, in the ledger what was paid."""
    received = Decimal(_number("amount", trade["amount"]) or "0")
    return {
        "commission": format(received.copy_negate() if received else received, "f"),
        "commission_asset": _text("code", trade.get("code")),
        "exec_type": "Funding",
    }


def _market(trade: Trade, info: object) -> tuple[str, str]:
    """The exchange's symbol and the category, from ccxt's: BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC-240329-70000-C."""
    unified = _text("symbol", trade.get("symbol"))
    if unified is None:
        raise _NoTradeError("symbol", None, "a trade without a symbol")
    pair, _, settle = unified.partition(":")
    base, slash, quote = pair.partition("/")
    own = info.get("symbol") if isinstance(info, Mapping) else None
    if not slash:
        kind = _CATEGORIES.get(str(trade.get("type") or ""), "linear")
        return unified, kind
    coin, *rest = settle.split("-")
    if rest and not isinstance(own, str):
        raise _NoTradeError("symbol", unified, "a contract with a date, and `info` does not say its symbol")
    symbol = own if isinstance(own, str) and rest else base + quote
    if not settle:
        return symbol, "spot"
    if len(rest) > 1:
        return symbol, "option"
    return symbol, "inverse" if coin == base else "linear"


def _fee(trade: Trade) -> tuple[str | None, str | None]:
    fees = [fee for fee in trade.get("fees") or () if isinstance(fee, Mapping) and fee.get("cost") is not None]
    single = trade.get("fee")
    if not fees and isinstance(single, Mapping) and single.get("cost") is not None:
        fees = [single]
    coins = {fee.get("currency") for fee in fees}
    if len(coins) > 1:
        raise _NoTradeError("commission", ", ".join(map(str, coins)), "fees in more than one coin")
    if not fees:
        return None, None
    if len(fees) == 1:
        return _number("fee", fees[0]["cost"]), _text("fee.currency", coins.pop())
    cost = sum((Decimal(_number("fee", fee["cost"]) or "0") for fee in fees), Decimal(0))
    return format(cost, "f"), _text("fee.currency", coins.pop())


def _time(trade: Trade) -> str | None:
    """`datetime` is ISO text in UTC, to the millisecond, as `timestamp` is."""
    return _text("datetime", trade.get("datetime")) or _text("timestamp", trade.get("timestamp"))


def _number(field: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _NoTradeError(field, value, "a number is needed")
    number = Decimal(str(value))
    if not number.is_finite():
        raise _NoTradeError(field, value, "a finite number is needed")
    return format(number, "f")


def _text(field: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _NoTradeError(field, value, "text is needed")


def _plain(field: str, value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else _number(field, value)
