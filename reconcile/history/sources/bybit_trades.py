"""Bybit's trade histories as its order pages and its data export write them, one line for each execution.

Column names and samples, as facts:
- spot, unified account: "Spot Pairs,Order Type,Direction,[feeCoin,ExecFeeV2,]Filled Value,Filled Price,Filled
  Quantity,Fees,Transaction ID,Order No.,Timestamp (UTC)", with a line "UID: …" and a column Uid before them when it
  comes from the data export; before the unified account with the coin behind each number and a slash in the pair.
  everytrade-io/everytrade-plugins (BybitEuBeanV1), and the "Exchange Data Files" page of a FIFO calculator.
- derivatives: "Market,Filled Type,Filled Quantity,Filled Price,Order Price,Fee Rate,Trading Fee,feeCoin,ExecFeeV2,
  Direction,Order Type,Trasaction ID,Order No.,Transaction Time(UTC+0)", the misspelling being Bybit's; until 2023
  "Contracts", "Filled Qty", "Fees Paid" with the directions Open Long, Close Short and so on.
- closed P&L: "Contracts,Closing Direction,Qty,Entry Price,Exit Price,Closed P&L,…" and "Market,Order Quantity,Entry
  Price,Exit Price,Opening Fee,…,Realized P&L,Trade time".
- executions of the API, saved as they came: https://bybit-exchange.github.io/docs/v5/order/execution
docs/import-layouts.md lists them for users.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.sources.chunk import TEXT, Chunk, constant, nulls, tidy, translate
from reconcile.history.sources.naming import find, moments, offset

SIDES = {
    "buy": "Buy",
    "long": "Buy",
    "open long": "Buy",
    "close short": "Buy",
    "sell": "Sell",
    "short": "Sell",
    "open short": "Sell",
    "close long": "Sell",
}
TYPES = {
    "trade": "Trade",
    "funding": "Funding",
    "liquidation": "BustTrade",
    "busttrade": "BustTrade",
    "adl": "AdlTrade",
    "adltrade": "AdlTrade",
    "settle": "Settle",
    "settlement": "Settle",
    "delivery": "Delivery",
    "blocktrade": "BlockTrade",
    "moveposition": "MovePosition",
}
# In what Bybit quotes spot pairs; the longest that fits is the quote coin.
QUOTES = ("USDT", "USDC", "USDE", "USD1", "EUR", "BRL", "PLN", "TRY", "DAI", "BTC", "ETH", "MNT", "SOL")
INVERSE = r"^[A-Z0-9]+USD([FGHJKMNQUVXZ]\d\d)?$"
OPTION = r"^[A-Z0-9]+-\d{1,2}[A-Z]{3}\d{2}-[0-9.]+-[CP](-[A-Z]+)?$"
_NUMBER_AND_COIN = r"^([-+0-9.,eE]+)\s+([A-Z][A-Z0-9]*)$"
_FRAGMENT = 8  # characters to which Bybit's pages shorten an id: no longer an identity
_API = {"symbol", "side", "execId", "execPrice", "execQty", "execTime"}


def no_fills(names: Sequence[str]) -> str | None:
    """Why an export with these columns holds nothing to import; None where it may."""
    if find(names, "closedp&l", "realizedp&l", "closingdirection"):
        return "this is Bybit's Closed P&L: averages and results, no fills; export the Trade History instead"
    if find(names, "ordertime", "createtime") and find(names, "status") and find(names, "orderno"):
        return "this is Bybit's Order History: orders with averages, no fills; export the Trade History instead"
    if find(names, "date&time") and find(names, "accountbalance"):
        return "this is the log of Bybit's funding account, which moves coins; the file …_uta_… has the fills"
    return None


def recognise(names: Sequence[str]) -> "TradeHistory | Executions | None":
    """The layout of an export with these columns, if it is one of these."""
    if set(names) >= _API:  # letter by letter: our own names differ from these only in spelling
        return Executions()
    if find(names, "spotpairs") and find(names, "filledprice") and find(names, "timestamp"):
        return TradeHistory(_SPOT)
    if find(names, "filledtype") and find(names, "filledprice") and find(names, "transactiontime"):
        return TradeHistory(_DERIVATIVES)
    return None


@dataclass(frozen=True, slots=True)
class _Names:
    name: str
    spellings: Mapping[str, tuple[str, ...]]


_COMMON = {
    "side": ("direction",),
    "exec_price": ("filledprice",),
    "exec_qty": ("filledquantity", "filledqty"),
    "order_id": ("orderno",),
    "coin": ("feecoin",),
    "fee_v2": ("execfeev2",),
}
_SPOT = _Names(
    "Bybit trade history, spot",
    {
        **_COMMON,
        "symbol": ("spotpairs",),
        "commission": ("fees",),
        "exec_id": ("transactionid",),
        "exec_time": ("timestamp",),
    },
)
_DERIVATIVES = _Names(
    "Bybit trade history, derivatives",
    {
        **_COMMON,
        "symbol": ("market", "contracts"),
        "commission": ("tradingfee", "feespaid"),
        "exec_id": ("trasactionid", "transactionid"),
        "exec_time": ("transactiontime",),
        "exec_type": ("filledtype",),
    },
)


class TradeHistory:
    """The trade history of spot or of derivatives. Fees are positive where they were paid, funding too."""

    def __init__(self, names: _Names) -> None:
        self.name = names.name
        self._names = names

    def used(self, names: Sequence[str]) -> list[str]:
        """Those of the source's columns that it reads."""
        found = (find(names, *spellings) for spellings in self._names.spellings.values())
        return [name for name in found if name is not None]

    def read(self, chunk: Chunk) -> Chunk:
        """Under neutral names; a spot fee whose coin cannot be told is rejected."""
        columns = self._columns(chunk)
        if self._names is _SPOT:
            _spot(chunk, columns)
        else:
            columns["category"] = derivative_category(columns["symbol"])
        wanted = [name for name in columns if name not in {"coin", "fee_v2"}]
        chunk.rows = pa.table({name: columns[name] for name in wanted})
        if self._names is _SPOT:
            unknown = pc.and_(pc.is_null(columns["commission_asset"]), _charged(columns["commission"]))
            reason = "the coin of the fee is not said and the pair {} is not one whose coins are known"
            chunk.reject(unknown, "commission_asset", columns["symbol"], reason)
        return chunk

    def rest(self) -> None:
        """Nothing is held back."""

    def _columns(self, chunk: Chunk) -> dict[str, pa.ChunkedArray]:
        present = chunk.rows.column_names
        found = {ours: find(present, *spellings) for ours, spellings in self._names.spellings.items()}
        columns = {ours: _cell(chunk, theirs) for ours, theirs in found.items()}
        columns["side"] = _by_word(columns["side"], SIDES)
        if "exec_type" in columns:
            columns["exec_type"] = _by_word(columns["exec_type"], TYPES)
        columns["exec_time"] = moments(columns["exec_time"], offset(found["exec_time"] or ""))
        _identify(columns)
        _charge(columns)
        return columns


class Executions:
    """Executions of Bybit's API under its own names, one object or line for each."""

    name = "Bybit executions"
    _SPELLINGS: Mapping[str, tuple[str, ...]] = {
        "symbol": ("symbol",),
        "side": ("side",),
        "exec_price": ("execprice",),
        "exec_qty": ("execqty",),
        "exec_time": ("exectime",),
        "category": ("category",),
        "position_idx": ("positionidx",),
        "exec_id": ("execid",),
        "order_id": ("orderid",),
        "client_order_id": ("orderlinkid",),
        "commission": ("execfee",),
        "commission_asset": ("feecurrency",),
        "seq": ("seq",),
        "is_maker": ("ismaker",),
        "exec_type": ("exectype",),
        "bot_id": ("botid",),
    }

    def used(self, names: Sequence[str]) -> list[str]:
        """Those of the source's columns that it reads."""
        found = (find(names, *spellings) for spellings in (*self._SPELLINGS.values(), ("execfeev2",)))
        return [name for name in found if name is not None]

    def read(self, chunk: Chunk) -> Chunk:
        """Under neutral names; the time, milliseconds since 1970, as a time of day in UTC."""
        present = chunk.rows.column_names
        found = {ours: find(present, *spellings) for ours, spellings in self._SPELLINGS.items()}
        columns = {ours: _cell(chunk, theirs) for ours, theirs in found.items() if theirs}
        fee, second = columns.get("commission"), _cell(chunk, find(present, "execfeev2"))
        columns["commission"] = second if fee is None else pc.coalesce(fee, second)
        if "exec_time" in columns:
            columns["exec_time"] = from_milliseconds(columns["exec_time"])
        if "category" in columns:
            asset = columns.get("commission_asset", nulls(len(second)))
            by_rule = fee_coin(columns["symbol"], columns["side"], columns["commission"])
            spot = matches(columns["category"], "^spot$")
            columns["commission_asset"] = pc.coalesce(asset, pc.if_else(spot, by_rule, pa.scalar(None, TEXT)))
        chunk.rows = pa.table(columns)
        return chunk

    def rest(self) -> None:
        """Nothing is held back."""


def from_milliseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Milliseconds since 1970 as a time in UTC; what is no such number stays as it is."""
    number = pc.match_substring_regex(column, r"^\d{12,14}$")
    millis = pc.cast(pc.if_else(number, column, pa.scalar(None, TEXT)), pa.int64())
    written = pc.cast(pc.cast(millis, pa.timestamp("ms")), TEXT)
    return pc.coalesce(pc.binary_join_element_wise(written, "Z", ""), column)


def derivative_category(symbol: pa.ChunkedArray) -> pa.ChunkedArray:
    """What kind of contract a symbol of Bybit is, by its form."""
    count = len(symbol)
    rest = pc.if_else(matches(symbol, INVERSE), constant("inverse", count), constant("linear", count))
    return pc.if_else(matches(symbol, OPTION), constant("option", count), rest)


def matches(column: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Whether a cell has this form; NULL has none."""
    return pc.fill_null(pc.match_substring_regex(column, pattern), False)


def _cell(chunk: Chunk, name: str | None) -> pa.ChunkedArray:
    return nulls(chunk.rows.num_rows) if name is None else tidy(chunk.column(name), "--")


def _by_word(column: pa.ChunkedArray, meanings: Mapping[str, str]) -> pa.ChunkedArray:
    words = pc.utf8_lower(column)
    known = pc.is_in(words, pa.array(list(meanings), TEXT))
    return pc.if_else(known, translate(words, meanings), column)


def _identify(columns: dict[str, pa.ChunkedArray]) -> None:
    """Whole ids identify; shortened ones only serve, both together, to tell the rows of this export apart."""
    execution, order = columns["exec_id"], columns["order_id"]
    whole = pc.fill_null(pc.greater(pc.utf8_length(execution), _FRAGMENT), False)
    nothing = pa.scalar(None, TEXT)
    columns["exec_id"] = pc.if_else(whole, execution, nothing)
    columns["order_id"] = pc.if_else(pc.greater(pc.utf8_length(order), _FRAGMENT), order, nothing)
    both = pc.binary_join_element_wise(execution, order, "/", null_handling="skip")
    own = pc.if_else(pc.equal(both, ""), nothing, both)
    columns["row_id"] = pc.if_else(whole, nothing, own)


def _charge(columns: dict[str, pa.ChunkedArray]) -> None:
    """ExecFeeV2 in the coin that feeCoin names, where it names one; else the fee of the older column."""
    coin, second = columns["coin"], columns["fee_v2"]
    named = pc.and_(pc.is_valid(coin), _charged(second))
    columns["commission"] = pc.if_else(named, second, pc.coalesce(columns["commission"], second))
    columns["commission_asset"] = coin


def _charged(fee: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.invert(pc.match_substring_regex(fee, r"^[-+]?0*\.?0*([eE].*)?$")), False)


def _spot(chunk: Chunk, columns: dict[str, pa.ChunkedArray]) -> None:
    """Coins behind numbers, slashes in pairs, and the coin of the fee where nothing names it."""
    for name in ("exec_price", "exec_qty", "commission"):
        if name == "commission":
            coin = pc.replace_substring_regex(columns[name], _NUMBER_AND_COIN, r"\2")
            said = pc.if_else(matches(columns[name], _NUMBER_AND_COIN), coin, pa.scalar(None, TEXT))
            columns["commission_asset"] = pc.coalesce(columns["commission_asset"], said)
        columns[name] = pc.replace_substring_regex(columns[name], _NUMBER_AND_COIN, r"\1")
    by_rule = fee_coin(columns["symbol"], columns["side"], columns["commission"])
    columns["commission_asset"] = pc.coalesce(columns["commission_asset"], by_rule)
    columns["symbol"] = pc.replace_substring(columns["symbol"], "/", "")
    columns["category"] = constant("spot", chunk.rows.num_rows)


def fee_coin(symbol: pa.ChunkedArray, side: pa.ChunkedArray, fee: pa.ChunkedArray) -> pa.ChunkedArray:
    """In which coin a spot fee was charged, where the row does not say; NULL for a pair that is not known.

    A fee is paid in the coin that is received, a rebate in the coin that is given: Bybit's V5 reference, "Spot Fee
    Currency Instruction".
    """
    form = rf"^([A-Z0-9]+?)/?({'|'.join(QUOTES)})$"
    receives_base = pc.xor(pc.equal(side, "Buy"), pc.fill_null(pc.starts_with(fee, "-"), False))
    base, quote = (pc.replace_substring_regex(symbol, form, coin) for coin in (r"\1", r"\2"))
    return pc.if_else(matches(symbol, form), pc.if_else(receives_base, base, quote), pa.scalar(None, TEXT))
