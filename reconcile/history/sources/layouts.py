"""Which columns of a source are which: by the user's mapping, our own names, or the names of an exchange's export."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Protocol

import pyarrow as pa

from reconcile.history.rows import COLUMNS, REQUIRED
from reconcile.history.sources import bybit_log, bybit_trades
from reconcile.history.sources.chunk import Chunk, constant, tidy, translate
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.mapping import ColumnMapping
from reconcile.history.sources.naming import plain

# Names under which others keep what we know by ours. A column like that is never left out without a word: a fee
# that is not read is a wrong P&L.
_ELSEWHERE: Mapping[str, Collection[str]] = {
    "symbol": ("pair", "market", "instrument", "ticker", "contract"),
    "side": ("direction", "ordersid", "tradeside", "buysell"),
    "exec_price": ("price", "fillprice", "filledprice", "avgprice", "rate"),
    "exec_qty": ("qty", "quantity", "amount", "size", "filledqty", "fillqty", "volume"),
    "exec_time": ("time", "timestamp", "datetime", "date", "tradetime", "filltime", "executedat", "filledat"),
    "bot_id": ("bot", "botname", "strategy", "strategyid"),
    "category": ("markettype", "producttype"),
    "position_idx": ("positionside",),
    "exec_id": ("tradeid", "executionid", "fillid", "transactionid"),
    "order_id": ("orderno", "ordernumber"),
    "client_order_id": ("orderlinkid", "clientid", "clordid"),
    "commission": ("fee", "fees", "execfee", "tradingfee", "feepaid", "feespaid", "commissions", "feecost"),
    "commission_asset": ("feecurrency", "feeasset", "feecoin", "commissioncurrency", "commissioncoin"),
    "close_reason": ("exitreason",),
    "seq": ("sequence",),
    "is_maker": ("maker",),
    "exec_type": ("executiontype", "filledtype"),
}


class Layout(Protocol):
    """How the rows of one source become rows under neutral names. It may hold rows back until others have come."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def used(self, names: Sequence[str]) -> list[str]:
        """Those of the source's columns that it reads."""
        ...

    def read(self, chunk: Chunk) -> Chunk:
        """Under neutral names; what can be no row is rejected."""
        ...

    def rest(self) -> Chunk | None:
        """What was held back and whose other part never came."""
        ...


class NamedColumns:
    """Our own names, or those that the user's mapping gives. Upper and lower case do not matter."""

    name = "neutral"

    def __init__(self, mapping: ColumnMapping) -> None:
        self._mapping = mapping

    def pairs(self, names: Sequence[str]) -> dict[str, str]:
        """Neutral name to the source's, of the columns that are there."""
        folded = {name.casefold(): name for name in names}
        found = {}
        for ours in COLUMNS:
            theirs = self._mapping.columns.get(ours, ours)
            if ours == "row_id" and ours not in folded and ours not in self._mapping.columns:
                theirs = "id"
            if theirs.casefold() in folded and ours not in self._mapping.constants:
                found[ours] = theirs if theirs in names else folded[theirs.casefold()]
        return {ours: theirs for ours, theirs in found.items() if theirs not in self._mapping.ignored}

    def used(self, names: Sequence[str]) -> list[str]:
        """Those of the source's columns that it reads."""
        return list(dict.fromkeys(self.pairs(names).values()))

    def read(self, chunk: Chunk) -> Chunk:
        """Takes the columns over as they are."""
        pairs = self.pairs(chunk.rows.column_names)
        columns = {ours: tidy(chunk.column(theirs)) for ours, theirs in pairs.items()}
        return Chunk(chunk.origin, _table(columns, chunk.rows.num_rows), chunk.lines, chunk.rejected)

    def rest(self) -> None:
        """Nothing is held back."""

    def check(self, origin: str, names: Sequence[str]) -> None:
        """Raises UnreadableSourceError where a column is missing, or one is left over that is likely to be needed."""
        pairs = self.pairs(names)
        given = pairs.keys() | self._mapping.constants.keys()
        absent = [theirs for ours, theirs in self._mapping.columns.items() if ours not in given]
        absent += [name for name in self._mapping.ignored if name not in names]
        missing = [ours for ours in REQUIRED if ours not in given]
        there = f"there are {', '.join(names)}"
        if absent:
            raise UnreadableSourceError(origin, None, f"no column {', '.join(absent)}; {there}")
        left = [name for name in names if name not in pairs.values() and name not in self._mapping.ignored]
        likely = {ours: name for ours in COLUMNS if ours not in given for name in left if _alike(ours, name)}
        if missing:
            hints = " ".join(f"--map {ours}={likely[ours]}" for ours in missing if ours in likely)
            hint = f" (perhaps {hints})" if hints else ""
            raise UnreadableSourceError(origin, None, f"no column {', '.join(missing)}{hint}; {there}")
        for ours, name in likely.items():
            reason = f"is the column {name} the {ours}? Say --map {ours}={name}, or --ignore {name}"
            raise UnreadableSourceError(origin, None, reason)


class Adjusted:
    """A layout with the user's values and constants on top."""

    def __init__(self, layout: Layout, mapping: ColumnMapping) -> None:
        self._layout = layout
        self._mapping = mapping

    @property
    def name(self) -> str:
        """That of the layout below."""
        return self._layout.name

    def used(self, names: Sequence[str]) -> list[str]:
        """Those of the source's columns that are read."""
        return self._layout.used(names)

    def read(self, chunk: Chunk) -> Chunk:
        """Reads, then translates values, then sets constants."""
        return adjust(self._layout.read(chunk), self._mapping)

    def rest(self) -> Chunk | None:
        """What the layout held back."""
        left = self._layout.rest()
        return None if left is None else adjust(left, self._mapping)


def adjust(chunk: Chunk, mapping: ColumnMapping) -> Chunk:
    """The user's values in place of the source's, and the constants."""
    columns = {name: chunk.rows.column(name) for name in chunk.rows.column_names}
    for name, meanings in mapping.values.items():
        if name in columns:
            columns[name] = translate(columns[name], meanings)
    for name, value in mapping.constants.items():
        columns[name] = constant(value, chunk.rows.num_rows)
    chunk.rows = _table(columns, chunk.rows.num_rows)
    return chunk


def choose_layout(origin: str, names: Sequence[str], mapping: ColumnMapping) -> Layout:
    """The layout of a source with the columns `names`.

    Raises UnreadableSourceError for names that belong to no layout, and for exports that hold no fills.
    """
    export = None if mapping.columns else _export(origin, names)
    if export is not None:
        return Adjusted(export, mapping)
    named = NamedColumns(mapping)
    named.check(origin, names)
    return Adjusted(named, mapping)


def _export(origin: str, names: Sequence[str]) -> Layout | None:
    """The export of an exchange that has these columns; None where it is none that is known."""
    reason = bybit_trades.no_fills(names)
    if reason:
        raise UnreadableSourceError(origin, None, reason)
    if bybit_log.recognises(names):
        return bybit_log.TransactionLog(names)
    return bybit_trades.recognise(names)


def _alike(ours: str, name: str) -> bool:
    folded = plain(name)
    return (
        folded == plain(ours)
        or folded in _ELSEWHERE.get(ours, ())
        or bool(get_close_matches(folded, [plain(ours)], cutoff=0.9))
    )


def _table(columns: Mapping[str, pa.ChunkedArray], count: int) -> pa.Table:
    if not columns:
        return pa.table({}) if count == 0 else pa.table({"symbol": pa.nulls(count, pa.string())})
    return pa.table(dict(columns))
