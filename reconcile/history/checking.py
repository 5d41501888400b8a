"""From a source's text to values that the ledger can take: each cell is checked, no doubtful one is guessed.

The rules are those of `ledger.fill.read_fill`, applied to columns. A row that breaks one is refused with the field, the
value and the rule; the first broken rule of a row counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ledger.fill import BOOKKEEPING_TYPES, CASH_TYPES, POSITION_TYPES
from ledger.money import CATEGORIES
from ledger.order_ids import BOT, MAX_LENGTH, OLDER, OURS
from reconcile.history.numbers import read_texts
from reconcile.history.rows import Batch, Reject
from reconcile.history.times import MOMENT, read_times

_LENGTH = 255
_TEXTS = (
    "symbol", "bot_id", "category", "exec_id", "order_id", "client_order_id", "commission_asset", "close_reason",
    "exec_type", "row_id",
)  # fmt: skip
_SIDES = {"buy": "Buy", "sell": "Sell"}
_FLAGS = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}

SCHEMA = pa.schema([
    ("origin", pa.string()), ("line", pa.int64()), ("exec_time", MOMENT), ("seq", pa.int64()),
    ("position_idx", pa.int16()), ("is_maker", pa.bool_()), ("bot_id", pa.string()), ("category", pa.string()),
    ("symbol", pa.string()), ("exec_id", pa.string()), ("order_id", pa.string()), ("client_order_id", pa.string()),
    ("side", pa.string()), ("exec_type", pa.string()), ("exec_price", pa.string()), ("exec_qty", pa.string()),
    ("commission", pa.string()), ("commission_asset", pa.string()), ("close_reason", pa.string()),
    ("row_id", pa.string()), ("named_bot", pa.string()),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source's cells are to be read where they do not say it themselves.

    `timezone`: an IANA name for times without an offset; None: such times are refused.
    """

    category: str = "linear"
    timezone: str | None = None


def check(batch: Batch, reading: Reading) -> tuple[pa.Table, list[Reject]]:
    """The rows that are sound, with the columns of SCHEMA, and those that are not."""
    return _Check(batch, reading).result()


class _Check:
    def __init__(self, batch: Batch, reading: Reading) -> None:
        self._batch, self._reading = batch, reading
        self._count = len(batch.rows)
        self._given = {name: self._trimmed(name) for name in batch.rows.column_names}
        self._bad = np.zeros(self._count, dtype=bool)
        self._rejects: dict[int, Reject] = {}

    def _trimmed(self, name: str) -> pa.StringArray:
        column = pc.utf8_trim_whitespace(self._batch.rows[name].combine_chunks().cast(pa.string()))
        return pc.if_else(pc.equal(column, ""), None, column)

    def result(self) -> tuple[pa.Table, list[Reject]]:
        texts = {name: self._text(name) for name in _TEXTS}
        values: dict[str, pa.Array] = {
            **texts,
            "category": pc.fill_null(texts["category"], self._reading.category),
            "exec_type": pc.fill_null(texts["exec_type"], "Trade"),
            "side": self._word("side", _SIDES, pa.string()),
            "is_maker": self._word("is_maker", _FLAGS, pa.bool_()),
            "exec_price": self._number("exec_price"),
            "exec_qty": self._number("exec_qty"),
            "commission": pc.fill_null(self._number("commission"), "0"),
            "exec_time": self._time(),
            "seq": pc.fill_null(self._whole("seq", 2**63 - 1), 0),
            "position_idx": pc.fill_null(self._whole("position_idx", 2), 0).cast(pa.int16()),
        }
        self._require(values)
        values["origin"] = pa.array([self._batch.origin], pa.string()).take(pa.array(np.zeros(self._count, np.int64)))
        values["line"] = self._batch.lines
        values["named_bot"] = _named_bots(texts["client_order_id"])
        sound = pa.table([values[name] for name in SCHEMA.names], schema=SCHEMA).filter(pa.array(~self._bad))
        return sound, [*self._batch.rejected, *(self._rejects[row] for row in sorted(self._rejects))]

    def _require(self, values: dict[str, pa.Array]) -> None:
        """What a value must be beside being readable."""
        category, kind = values["category"], values["exec_type"]
        known = POSITION_TYPES | CASH_TYPES | BOOKKEEPING_TYPES
        cash = pc.is_in(kind, pa.array(sorted(CASH_TYPES)))
        opening = pc.equal(kind, "OpeningBalance")
        self._refuse(pc.is_null(values["symbol"]), "symbol", "given")
        self._refuse(pc.and_(pc.is_null(values["exec_time"]), pc.invert(opening)), "exec_time", "given")
        wrong_case = pc.and_(pc.is_in(pc.utf8_lower(category), pa.array(CATEGORIES)),
                             pc.not_equal(pc.utf8_lower(category), category))  # fmt: skip
        self._refuse(wrong_case, "category", "in small letters")
        self._refuse(pc.invert(pc.is_in(kind, pa.array(sorted(known)))), "exec_type",
                     f"one whose effect is known: {', '.join(sorted(known))}")  # fmt: skip
        moves = pc.invert(cash)
        for name in ("side", "exec_qty"):
            self._refuse(pc.and_(moves, pc.is_null(values[name])), name, "given")
        self._refuse(pc.match_substring_regex(values["exec_qty"], "^(-|0$)"), "exec_qty", "greater than 0")
        priced = pc.invert(pc.is_in(kind, pa.array(sorted(CASH_TYPES | BOOKKEEPING_TYPES))))
        self._refuse(pc.and_(priced, pc.is_null(values["exec_price"])), "exec_price", "given")
        self._refuse(pc.starts_with(values["exec_price"], "-"), "exec_price", "at least 0")
        self._refuse(pc.and_(priced, pc.and_(pc.not_equal(category, "option"), pc.equal(values["exec_price"], "0"))),
                     "exec_price", "greater than 0, but for options")  # fmt: skip
        hedged = pc.and_(pc.equal(category, "spot"), pc.not_equal(values["position_idx"], 0))
        self._refuse(hedged, "position_idx", "0 for spot, which has no hedge mode")
        exec_id, order_id = values["exec_id"], values["order_id"]
        self._refuse(pc.starts_with(exec_id, "order:"), "exec_id", "without the prefix order:, kept for whole orders")
        self._refuse(
            pc.match_substring(order_id, ":rest:"), "order_id", "without :rest:, kept for the rest of an order"
        )
        self._refuse(pc.starts_with(exec_id, "opening:"), "exec_id", "without the prefix opening:, kept for opening "
                     "balances")  # fmt: skip
        self._refuse(pc.starts_with(exec_id, "reversal:"), "exec_id", "without the prefix reversal:, kept for payments "
                     "that were moved")  # fmt: skip
        for name in ("exec_id", "order_id", "client_order_id"):
            self._refuse(pc.and_(opening, pc.is_valid(values[name])), name,
                         "empty: an opening balance is named by its book, and is of no order")  # fmt: skip
        nameless = pc.and_(pc.is_null(exec_id), pc.or_(cash, pc.is_null(order_id)))
        self._refuse(pc.and_(pc.and_(nameless, pc.invert(opening)), pc.is_null(values["row_id"])), "exec_id",
                     "given, or order_id for a fill of a whole order, or row_id, the source's own key")  # fmt: skip

    def _cell(self, name: str) -> pa.StringArray:
        return self._given[name] if name in self._given else pa.nulls(self._count, pa.string())

    def _text(self, name: str) -> pa.StringArray:
        cells = self._cell(name)
        self._refuse(pc.invert(pc.utf8_is_printable(cells)), name, "a text without control characters")
        self._refuse(pc.greater(pc.utf8_length(cells), _LENGTH), name, f"at most {_LENGTH} characters long")
        return cells

    def _word(self, name: str, words: Mapping[str, object], kind: pa.DataType) -> pa.Array:
        cells = self._cell(name)
        found = pc.index_in(pc.utf8_lower(cells), pa.array(list(words)))
        self._refuse(
            pc.and_(pc.is_valid(cells), pc.is_null(found)), name, " or ".join(sorted({*map(str, words.values())}))
        )
        return pa.array(list(words.values()), kind).take(found)

    def _whole(self, name: str, most: int) -> pa.Array:
        cells = self._cell(name)
        wrong = pc.fill_null(pc.invert(pc.match_substring_regex(cells, r"^\d{1,19}$")), False)
        numbers = pc.if_else(wrong, None, cells).cast(pa.uint64())  # which holds any of 19 digits
        wrong = pc.or_(wrong, pc.fill_null(pc.greater(numbers, pa.scalar(most, pa.uint64())), False))
        self._refuse(wrong, name, f"a whole number from 0 to {most}")
        return pc.if_else(wrong, None, numbers).cast(pa.int64())

    def _number(self, name: str) -> pa.StringArray:
        numbers, reasons = read_texts(self._cell(name))
        self._refuse_each(reasons, name)
        return numbers

    def _time(self) -> pa.Array:
        moments, reasons = read_times(self._cell("exec_time"), self._reading.timezone)
        self._refuse_each(reasons, "exec_time")
        return moments

    def _refuse_each(self, reasons: pa.StringArray, field: str) -> None:
        for rule in pc.unique(pc.drop_null(reasons)).to_pylist():
            self._refuse(pc.equal(reasons, rule), field, rule)

    def _refuse(self, mask: pa.Array, field: str, rule: str) -> None:
        if not pc.any(mask).as_py():
            return
        for row in np.flatnonzero(np.asarray(pc.fill_null(mask, False), dtype=bool) & ~self._bad):
            value = self._given[field][row].as_py() if field in self._given else None
            self._rejects[int(row)] = Reject(self._batch.origin, self._batch.lines[row].as_py(), field, value, rule)
            self._bad[row] = True


def _named_bots(ids: pa.StringArray) -> pa.StringArray:
    """Whom client order ids name, as `ledger.order_ids.parse_client_order_id` reads them."""
    older = pc.struct_field(pc.extract_regex(ids, f"^(?:{OLDER.pattern})$"), "bot")
    short = pc.if_else(pc.less_equal(pc.utf8_length(ids), MAX_LENGTH), ids, None)
    # Neither of the parts behind the bot has a dash. To have the pattern take it out would take eight times as long.
    matches = pc.match_substring_regex(short, f"^(?:{OURS.pattern})$")
    ours = pc.list_element(pc.split_pattern(pc.if_else(matches, short, None), "-", max_splits=2, reverse=True), 0)
    ours = pc.if_else(pc.match_substring_regex(ours, f"^(?:{BOT.pattern})$"), ours, None)
    return pc.coalesce(older, ours)
