"""Lots and completed trades of a block of fills, for many books at once, as the tables have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.matching import Closed, Matched, Opened, Start, match
from reconcile.history.numbers import (
    PLACES,
    Column,
    Integers,
    half_even,
    places,
    plain,
    read_column,
    scaled,
    share,
    text,
    times,
    total,
)

LOT_COLUMNS = (
    "account_id", "book_id", "fill_id", "cycle_id", "entry_time", "side", "entry_price", "open_from", "open_to",
    "commission", "commission_asset",
)  # fmt: skip
TRADE_COLUMNS = (
    "account_id", "book_id", "entry_fill_id", "exit_fill_id", "entry_time", "exit_time", "position_idx", "bot_id",
    "category", "symbol", "side", "quantity", "entry_price", "exit_price", "gross_pnl", "entry_commission",
    "exit_commission", "net_pnl", "pnl_pct", "settle_coin", "entry_commission_asset", "exit_commission_asset",
    "holding_seconds", "pnl_reason", "entry_reason", "exit_reason", "entry_order_id", "exit_order_id",
    "entry_client_order_id", "exit_client_order_id", "source",
)  # fmt: skip
# What a trade takes over from the fill that opened its lot; of lots that are open already the query open_lots gives it.
ENTRY_COLUMNS = (
    "fill_id", "exec_time", "side", "exec_price", "fee_asset", "close_reason", "order_id", "client_order_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A book as it stands before the block; decimals are plain text. `rows` of the block are its fills.

    `open_lots` has ENTRY_COLUMNS and the lot's `quantity`, `consumed` and `commission`, oldest first.
    """

    book_id: int
    position_idx: int
    inverse: bool
    multiplier: str
    settle_coin: str
    position: str
    cycle_id: int
    opened: str
    closed: str
    open_lots: pa.Table
    rows: slice


@dataclass(frozen=True, slots=True)
class End:
    """Where a book stands behind the block, what its trades sum up to, and how much of it sells opened."""

    position: str
    cycle_id: int
    opened: str
    trades: int
    gross: str
    net: str
    short_opened: str


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from a block."""

    lots: pa.Table
    trades: pa.Table
    ends: list[End]


class HedgeRefusedError(Exception):
    """A fill closes more than a hedge leg has."""

    def __init__(self, exec_id: str, side: str, exec_time: datetime) -> None:
        super().__init__(exec_id)
        self.exec_id, self.side, self.exec_time = exec_id, side, exec_time


class Block:
    """The fills of some books, sorted by book and in exchange order, with the columns of the journal and `fee_asset`.

    The entries are the lots that were open before, of all books, and behind them the fills themselves.
    """

    def __init__(self, rows: pa.Table, lines: Sequence[Line]) -> None:
        self.rows, self.lines = rows, lines
        held = pa.concat_tables([line.open_lots for line in lines])
        self.held = len(held)
        self.entries = pa.concat_tables([held.select(ENTRY_COLUMNS), rows.select(ENTRY_COLUMNS)]).combine_chunks()
        self.fill_id = rows["fill_id"].to_numpy()
        self.prices = read_column(_column(self.entries, "exec_price"))
        signed, quantity = read_column(_column(rows, "signed_qty")), read_column(_column(held, "quantity"))
        consumed = read_column(_column(held, "consumed"))
        scales = [places(number) for line in lines for number in (line.position, line.opened)]
        self.scale = max([signed.scale, quantity.scale, consumed.scale, *scales])
        self.signed, self.quantity = signed.at(self.scale), quantity.at(self.scale)
        self.consumed = consumed.at(self.scale)
        fees, held_fees = read_column(_column(rows, "fee")), read_column(_column(held, "commission"))
        self.fee_scale = max(PLACES, fees.scale, held_fees.scale)
        self.fees = fees.at(self.fee_scale).astype(object)
        self.held_fees = held_fees.at(self.fee_scale).astype(object)
        self.matched = [self._match(line, offset) for line, offset in zip(lines, self._offsets(), strict=True)]
        self.size = np.abs(self.signed)
        self.closing = _joined([found.closing for found in self.matched])
        nothing = np.zeros_like(self.closing)
        self.lot_fees = self.fees - share(self.fees, nothing, self.closing, self.size, self.fee_scale)

    def _offsets(self) -> list[int]:
        """Where each book's open lots begin among the entries."""
        return [0, *np.cumsum([len(line.open_lots) for line in self.lines])[:-1].tolist()]

    def _match(self, line: Line, offset: int) -> Matched:
        held = slice(offset, offset + len(line.open_lots))
        start = Start(
            scaled(line.position, self.scale), line.cycle_id, scaled(line.opened, self.scale),
            scaled(line.closed, self.scale), (self.quantity[held], self.consumed[held]),
        )  # fmt: skip
        found = match(start, self.fill_id[line.rows], self.signed[line.rows])
        self._require_hedge_rule(line, found)
        opened, closed, first = found.opened, found.closed, line.rows.start
        own = len(line.open_lots)
        lot = np.where(closed.lot < own, closed.lot + offset, closed.lot - own + first + self.held)
        return Matched(
            found.closing,
            Opened(opened.fill + first, opened.cycle_id, opened.start, opened.end),
            Closed(lot, closed.fill + first, closed.lot_from, closed.lot_to, closed.fill_from, closed.fill_to),
            found.position, found.cycle_id, found.axis,
        )  # fmt: skip

    def _require_hedge_rule(self, line: Line, found: Matched) -> None:
        if not line.position_idx:
            return
        opening = self.signed[line.rows][found.opened.fill]
        wrong = np.flatnonzero(np.asarray(opening < 0 if line.position_idx == 1 else opening > 0, dtype=bool))
        if len(wrong):
            row = self.rows.slice(line.rows.start + int(found.opened.fill[wrong[0]]), 1)
            raise HedgeRefusedError(*(row[name][0].as_py() for name in ("exec_id", "side", "exec_time")))

    def derived(self) -> Derived:
        """Lots, trades and where each book stands then."""
        trades = _Trades(self, np.concatenate([self.quantity, self.size - self.closing]),
                         np.concatenate([self.held_fees, self.lot_fees]))  # fmt: skip
        return Derived(self._lots(), trades.table(), self._ends(trades))

    def _lots(self) -> pa.Table:
        opened = [found.opened for found in self.matched]
        fill = _joined([one.fill for one in opened]).astype(np.int64)
        rows = self.rows.take(pa.array(fill))
        columns = [
            rows["account_id"], rows["book_id"], rows["fill_id"],
            pa.array(_joined([one.cycle_id for one in opened]).astype(np.int64)), rows["exec_time"], rows["side"],
            rows["exec_price"], text(Column(_joined([one.start for one in opened]), self.scale)),
            text(Column(_joined([one.end for one in opened]), self.scale)),
            text(Column(self.lot_fees[fill], self.fee_scale)), rows["fee_asset"],
        ]  # fmt: skip
        return pa.table(columns, names=LOT_COLUMNS)

    def _ends(self, trades: "_Trades") -> list[End]:
        ends, first = [], 0
        for found in self.matched:
            last = first + len(found.closed.lot)
            ends.append(End(
                plain(found.position, self.scale), found.cycle_id, plain(found.axis, self.scale), last - first,
                plain(total(trades.gross[first:last]), trades.scale),
                plain(total(trades.net[first:last]), trades.scale),
                plain(self._short(found.opened), self.scale),
            ))  # fmt: skip
            first = last
        return ends

    def _short(self, opened: Opened) -> int:
        sold = np.asarray(self.signed[opened.fill] < 0, dtype=bool)
        return total((opened.end - opened.start)[sold])


class _Trades:
    """The pieces that the fills of a block close, and their money."""

    def __init__(self, block: Block, whole: Integers, entry_fees: Integers) -> None:
        self._block = block
        closed = [found.closed for found in block.matched]
        counts = [len(one.lot) for one in closed]
        self.lot = _joined([one.lot for one in closed]).astype(np.int64)
        self.fill = _joined([one.fill for one in closed]).astype(np.int64)
        lot_from, lot_to = _joined([one.lot_from for one in closed]), _joined([one.lot_to for one in closed])
        fill_from, fill_to = _joined([one.fill_from for one in closed]), _joined([one.fill_to for one in closed])
        self.qty = lot_to - lot_from
        scale = block.fee_scale
        self.entry_fee = share(entry_fees[self.lot], lot_from, lot_to, whole[self.lot], scale)
        self.exit_fee = share(block.fees[self.fill], fill_from, fill_to, np.abs(block.signed)[self.fill], scale)
        self.entry = block.entries.take(pa.array(self.lot))
        self.exit = block.rows.take(pa.array(self.fill))
        lines = block.lines
        number = np.repeat(np.arange(len(lines)), counts)
        self.settle = pa.array([line.settle_coin for line in lines], pa.string()).take(pa.array(number))
        self.inverse = np.array([line.inverse for line in lines], dtype=bool)[number]
        multiplier = read_column(pa.array([line.multiplier for line in lines], pa.string()))
        self.multiplier = multiplier.take(number)
        self.unknown = _nulls(self.entry["exec_price"]), _nulls(self.exit["exec_price"])
        self._count_money()

    def _count_money(self) -> None:
        prices, multiplier = self._block.prices, self.multiplier
        entry, exit_ = prices.units[self.lot], prices.units[self.fill + self._block.held]
        sold = np.asarray(pc.equal(self.entry["side"], "Sell"), dtype=bool)
        moved = np.where(sold, entry - exit_, exit_ - entry)
        contracts = times(self.qty, multiplier.units)
        contract_scale = self._block.scale + multiplier.scale
        gross_scale = prices.scale + contract_scale
        self.scale = max(self._block.fee_scale, gross_scale)
        gross = times(contracts, moved).astype(object) * 10 ** (self.scale - gross_scale)
        known = ~(self.unknown[0] | self.unknown[1])
        inverse = self.inverse & known
        if inverse.any():
            one = half_even(
                (contracts[inverse].astype(object) * moved[inverse]) * 10**prices.scale,
                times(entry[inverse], exit_[inverse]).astype(object) * 10**contract_scale,
            )
            gross[inverse] = one * 10 ** (self.scale - PLACES)
        gross[~known] = 0
        in_settle = [
            np.asarray(pc.equal(table["fee_asset"], self.settle), dtype=bool) for table in (self.entry, self.exit)
        ]
        shift = 10 ** (self.scale - self._block.fee_scale)
        net = (
            gross - np.where(in_settle[0], self.entry_fee, 0) * shift - np.where(in_settle[1], self.exit_fee, 0) * shift
        )
        net[~known] = 0
        self.gross, self.net, self.known = gross, net, known
        self._count_percent(net, entry, contracts, contract_scale)

    def _count_percent(self, net: Integers, entry: Integers, contracts: Integers, contract_scale: int) -> None:
        """Net P&L in percent of the entry's value; none where the entry cost nothing."""
        self.costed = self.known & np.asarray(entry != 0, dtype=bool)
        percent = net * 0
        price_scale = self._block.prices.scale
        linear, inverse = self.costed & ~self.inverse, self.costed & self.inverse
        if linear.any():
            value = times(entry[linear], contracts[linear]).astype(object)
            percent[linear] = half_even(net[linear] * (100 * 10 ** (price_scale + contract_scale)),
                                        value * 10**self.scale)  # fmt: skip
        if inverse.any():
            value = contracts[inverse].astype(object) * 10 ** (self.scale + price_scale)
            percent[inverse] = half_even(net[inverse] * entry[inverse] * (100 * 10**contract_scale), value)
        self.percent = percent

    def table(self) -> pa.Table:
        entry, exit_ = self.entry, self.exit
        unpriced = ~self.known
        when = exit_["exec_time"].cast(pa.int64()).to_numpy() - entry["exec_time"].cast(pa.int64()).to_numpy()
        columns = [
            exit_["account_id"], exit_["book_id"], entry["fill_id"], exit_["fill_id"], entry["exec_time"],
            exit_["exec_time"], exit_["position_idx"], exit_["bot_id"], exit_["category"], exit_["symbol"],
            entry["side"], text(Column(self.qty, self._block.scale)), entry["exec_price"], exit_["exec_price"],
            _or_null(text(Column(self.gross, self.scale)), unpriced),
            text(Column(self.entry_fee, self._block.fee_scale)),
            text(Column(self.exit_fee, self._block.fee_scale)), _or_null(text(Column(self.net, self.scale)), unpriced),
            _or_null(text(Column(self.percent, PLACES)), ~self.costed), self.settle, entry["fee_asset"],
            exit_["fee_asset"], text(Column(when, 6)), self._reasons(), entry["close_reason"], exit_["close_reason"],
            entry["order_id"], exit_["order_id"], entry["client_order_id"], exit_["client_order_id"], exit_["source"],
        ]  # fmt: skip
        return pa.table(columns, names=TRADE_COLUMNS)

    def _reasons(self) -> pa.Array:
        """Why the P&L of a piece is unknown, in the words of `trading.unknown_price_reason`."""
        entry, exit_ = self.unknown
        words = ["entry price unknown", "exit price unknown", "entry and exit price unknown"]
        which = np.where(entry & exit_, 2, np.where(entry, 0, 1))
        return _or_null(pa.array(words).take(pa.array(which)), self.known)


def _joined(arrays: Sequence[Integers]) -> Integers:
    return np.concatenate(arrays) if len(arrays) else np.zeros(0, dtype=np.int64)


def _column(rows: pa.Table, name: str) -> pa.StringArray:
    return rows[name].combine_chunks()


def _nulls(column: pa.ChunkedArray) -> Integers:
    return np.asarray(pc.is_null(column), dtype=bool)


def _or_null(texts: pa.Array, missing: Integers) -> pa.Array:
    return pc.if_else(pa.array(missing), None, texts) if missing.any() else texts
