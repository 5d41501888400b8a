"""From an earlier system's text to values: each cell is checked, no doubtful one is guessed."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from ledger.errors import InvalidInputError
from ledger.money import plain, read_category, read_count, read_decimal, read_optional_text, read_positive, read_text
from reconcile.history.legacy.columns import PNL, RAW
from reconcile.history.rows import Batch, Reject
from reconcile.history.sources.chunk import shorten
from reconcile.history.times import read_times

Cells = Mapping[str, Any]
Trade = dict[str, Any]
_NULL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON; PostgreSQL keeps no text with it
_LONG_SHORT = {"long": "Buy", "short": "Sell"}
_OF_ENTRY = {**_LONG_SHORT, "buy": "Buy", "sell": "Sell"}
_OF_EXIT = {**_LONG_SHORT, "buy": "Sell", "sell": "Buy"}
_NAMES = ("exit_reason", "entry_order_id", "exit_order_id", "entry_client_order_id", "exit_client_order_id")


@dataclass(frozen=True, slots=True)
class TradeReading:
    """How cells are read where they do not say it themselves.

    Attributes:
        bot_id: of rows that name none; None: those are refused.
        category: of rows that name none.
        timezone: an IANA name for times without an offset; None: such times are refused.
        side_of: whether a side of Buy or Sell is the entry's or the exit's. Long and short mean themselves.
    """

    bot_id: str | None = None
    category: str = "linear"
    timezone: str | None = None
    side_of: Literal["entry", "exit"] = "entry"


@dataclass(slots=True)
class TradeCheck:
    """Checks the rows of one source, batch by batch.

    A row without a key of its own is known by its content, and by how many rows of the same content came before it.
    """

    reading: TradeReading
    _seen: Counter[str] = field(default_factory=Counter)

    def check(self, batch: Batch) -> Iterator[Trade | Reject]:
        """Each row as `import_legacy_trades()` takes it, or why it is refused. Raises nothing for a row."""
        rows = batch.rows.to_pylist()
        times = {name: self._times(batch, name) for name in ("entry_time", "exit_time")}
        for n, (row, line) in enumerate(zip(rows, batch.lines.to_pylist(), strict=True)):
            try:
                yield self._trade(row, {name: found[n] for name, found in times.items()})
            except InvalidInputError as error:
                value = None if error.value is None else shorten(str(error.value))
                yield Reject(batch.origin, line, error.field, value, error.rule)

    def _times(self, batch: Batch, name: str) -> list[tuple[datetime | None, str | None]]:
        if name not in batch.rows.column_names:
            return [(None, None)] * batch.rows.num_rows
        cells = batch.rows.column(name).combine_chunks().cast(pa.string())
        moments, reasons = read_times(cells, self.reading.timezone)
        return list(zip(moments.to_pylist(), reasons.to_pylist(), strict=True))

    def _trade(self, row: Cells, times: Mapping[str, tuple[datetime | None, str | None]]) -> Trade:
        raw = row[RAW]
        if _NULL.search(raw):
            raise InvalidInputError("row", None, "without null characters")
        idx = row.get("position_idx")
        trade = {
            "legacy_id": self._key(row, raw),
            "bot_id": read_text("bot_id", row.get("bot_id") or self.reading.bot_id),
            "category": read_category("category", row.get("category") or self.reading.category),
            "symbol": read_text("symbol", row["symbol"]),
            "position_idx": None if idx is None else read_count("position_idx", _whole(idx), 2),
            "side": self._side(row["side"]),
            "quantity": plain(read_positive("quantity", row["quantity"])),
            "commission": _commission(row),
            **{name: _optional(row, name, least=Decimal(0)) for name in ("entry_price", "exit_price")},
            **{name: _optional(row, name) for name in PNL},
            **{name: read_optional_text(name, row.get(name)) for name in _NAMES},
            **{name: _moment(row, name, *found) for name, found in times.items()},
            RAW: raw,
        }
        if trade["exit_time"] is None:
            raise InvalidInputError("exit_time", None, "given: a trade that is not closed has no P&L to compare")
        if all(trade[name] is None for name in PNL):
            raise InvalidInputError("net_pnl", None, "given, or gross_pnl")
        return trade

    def _key(self, row: Cells, raw: str) -> str:
        own = row.get("legacy_id")
        if own is not None:
            return read_text("legacy_id", own)
        content = hashlib.sha256(raw.encode()).hexdigest()[:32]
        self._seen[content] += 1
        return f"{content}:{self._seen[content]}"

    def _side(self, cell: str | None) -> str:
        meanings = _OF_ENTRY if self.reading.side_of == "entry" else _OF_EXIT
        side = meanings.get((cell or "").lower())
        if side is None:
            raise InvalidInputError("side", cell, "Buy, Sell, long or short")
        return side


def _optional(row: Cells, name: str, least: Decimal | None = None) -> str | None:
    cell = row.get(name)
    if cell is None:
        return None
    value = read_decimal(name, cell)
    if least is not None and value < least:
        raise InvalidInputError(name, cell, f"at least {least}")
    return plain(value)


def _commission(row: Cells) -> str | None:
    both = _optional(row, "commission")
    if both is not None:
        return both
    legs = [leg for name in ("entry_commission", "exit_commission") if (leg := _optional(row, name)) is not None]
    return plain(sum(map(Decimal, legs), Decimal(0))) if legs else None


def _moment(row: Cells, name: str, moment: datetime | None, reason: str | None) -> str | None:
    if reason is not None:
        raise InvalidInputError(name, row[name], reason.removeprefix("must be "))
    return None if moment is None else moment.isoformat()


def _whole(cell: str) -> object:
    return int(cell) if cell.isascii() and cell.isdigit() else cell
