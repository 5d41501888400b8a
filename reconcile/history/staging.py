"""Between source and ledger: rows in a DuckDB file that is deleted afterwards, deduplicated, owned and sorted by book.

DuckDB spills to disk what exceeds its memory, so that ten million rows need no more of it than a hundred thousand.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import groupby
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa

from ledger.money import plain
from ledger.queries import resource_root
from reconcile.history.checking import SCHEMA
from reconcile.history.rows import Reject
from reconcile.history.spilling import spill_folder
from reconcile.history.times import MOMENT

MEMORY = "512MB"
_ROW_GROUP = 122_880  # DuckDB's: fewer rows are merged with those before, at twice the cost
_NEVER = "1TB"  # written until tables are compressed, which costs more than it saves: each is read a few times
_REJECTS = pa.schema([("origin", pa.string()), ("line", pa.int64()), ("field", pa.string()), ("value", pa.string()),
                      ("reason", pa.string())])  # fmt: skip

_ORDERS_AT_ONCE = 50_000
_ORDERS = pa.schema([(name, pa.string()) for name in ("category", "order_id", "bot_id")])
_WHOLES = pa.schema([(name, pa.string()) for name in ("category", "order_id", "bot_id", "symbol")]
                    + [("position_idx", pa.int16())])  # fmt: skip
_DATED = pa.schema([("category", pa.string()), ("exec_id", pa.string()), ("exec_time", pa.int64()),
                    ("refused", pa.bool_())])  # fmt: skip


@dataclass(frozen=True, slots=True)
class StagedBook:
    """One book's rows of fills or of cash: those numbered from `first` up to, not including, `stop`.

    `mixes`: some stand for whole orders, and others are single executions of orders.
    """

    bot_id: str
    category: str
    symbol: str
    position_idx: int
    is_cash: bool
    first: int
    stop: int
    mixes: bool

    @property
    def key(self) -> dict[str, object]:
        """What names the book."""
        return {"bot_id": self.bot_id, "category": self.category, "symbol": self.symbol,
                "position_idx": self.position_idx}  # fmt: skip


@cache
def _sql(name: str) -> str:
    return (resource_root("sql") / "staging" / f"{name}.sql").read_text(encoding="utf-8")


class Staging:
    """The rows of one import. A context manager: the files are gone afterwards."""

    def __init__(self) -> None:
        self._open = contextlib.ExitStack()
        folder = self._open.enter_context(spill_folder())
        self._db = duckdb.connect(":memory:", config={
            "memory_limit": MEMORY, "temp_directory": str(folder),
            "preserve_insertion_order": True, "autoinstall_known_extensions": False,
            "checkpoint_threshold": _NEVER})  # fmt: skip
        self._db.execute(_sql("tables"))
        self._rows = 0
        self._waiting: list[pa.Table] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._db.close()
        self._open.close()

    def add(self, rows: pa.Table) -> None:
        """Takes in checked rows, with the columns of `checking.SCHEMA`."""
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= _ROW_GROUP:
            self._load()

    def _load(self) -> None:
        rows = pa.concat_tables([SCHEMA.empty_table(), *self._waiting])
        self._waiting.clear()
        numbered = rows.append_column("n", pa.array(np.arange(self._rows, self._rows + len(rows))))
        with self._registered("batch", _cast_time(numbered, pa.int64())):
            self._db.execute(_sql("load"))
        self._rows += len(rows)

    def reject(self, rejects: Iterable[Reject], *, at_booking: bool = False) -> None:
        """Takes in refused rows."""
        refused = [{name: getattr(reject, name) for name in _REJECTS.names} for reject in rejects]
        if refused:
            with self._registered("refused", pa.Table.from_pylist(refused, _REJECTS)):
                self._db.execute(_sql("reject"), {"at_booking": at_booking})

    def bots(self) -> list[str]:
        """Every bot that a row or a client order id names."""
        return [bot_id for (bot_id,) in self._db.execute(_sql("bots")).fetchall()]

    def row_bots(self) -> list[str]:
        """Every bot that a row itself names."""
        return [bot_id for (bot_id,) in self._db.execute(_sql("row_bots")).fetchall()]

    def book_times(self) -> list[dict[str, Any]]:
        """Of each book's fills the first and last time and the longest gap, in microseconds."""
        found: list[dict[str, Any]] = self._db.sql(_sql("book_times")).to_arrow_table().to_pylist()
        return found

    def settle(self, label: str, bot: str) -> None:
        """Gives each row that was added its identity and finds repetitions, conflicts and parts.

        `label` names the source; `bot` whose opening balances are that name nobody.
        """
        self._load()
        self._db.execute(_sql("set_label"), {"label": label})
        self._db.execute(_sql("set_bot"), {"bot": bot})
        self._db.execute(_sql("identify"))
        self._db.execute(_sql("settle_repetitions"))
        self._db.execute(_sql("conflicts"))
        self._join_parts()

    def _join_parts(self) -> None:
        parts = self._db.execute(_sql("parts")).fetchall()
        whole = [_joined(key, list(rows)) for key, rows in groupby(parts, key=lambda row: (row[0], row[1]))]
        if whole:
            with self._registered("whole", pa.Table.from_pylist(whole)):
                self._db.execute(_sql("join_parts"))

    def orders(self) -> Iterator[list[tuple[str, str]]]:
        """Category and id of the orders that the rows belong to, in portions for one question each."""
        cursor = self._db.cursor().execute(_sql("orders"))
        while portion := cursor.fetchmany(_ORDERS_AT_ONCE):
            yield portion

    def forget(self) -> None:
        """Before rows are booked once more: what the ledger said of them then."""
        self._db.execute(_sql("forget"))

    def know_orders(self, orders: Sequence[Mapping[str, Any]]) -> None:
        """Takes in whose orders are: category, order id and bot, None where the ledger does not know."""
        with self._registered("names", pa.Table.from_pylist(list(orders), _ORDERS)):
            self._db.execute(_sql("know_orders"))

    def know_wholes(self, orders: Sequence[Mapping[str, Any]]) -> None:
        """Takes in where the ledger has fills of whole orders: category, order id and the rest of the book's key."""
        with self._registered("names", pa.Table.from_pylist(list(orders), _WHOLES)):
            self._db.execute(_sql("know_wholes"))

    def own(self, bot: str, known_bots: Sequence[str]) -> list[StagedBook]:
        """Finds whose each row is and sorts them. `bot`: whose those are that nobody else's are."""
        with self._registered("names", pa.table({"bot_id": pa.array(known_bots, pa.string())})):
            self._db.execute(_sql("know_bots"))
        self._db.execute(_sql("own"), {"bot": bot})
        return [
            StagedBook(bot_id, category, symbol, idx, is_cash, *rest)
            for is_cash, bot_id, category, symbol, idx, *rest in self._db.execute(_sql("books")).fetchall()
        ]

    def orders_across_books(self) -> list[tuple[str, str]]:
        """Category and id of orders that a row stands for as a whole, but not all rows are for its book."""
        return self._db.execute(_sql("orders_across_books")).fetchall()

    def linked_books(self) -> list[tuple[str, str, str, str, int]]:
        """Category, order id, bot, symbol and idx: the books of each order that concerns several of them.

        A fill of the whole order, by the rows or by the ledger, lies in one of them.
        """
        return self._db.execute(_sql("linked_books")).fetchall()

    def openings(self) -> list[dict[str, Any]]:
        """The opening balances among the owned rows, with their book's first fill there; times in microseconds."""
        found: list[dict[str, Any]] = self._db.sql(_sql("openings")).to_arrow_table().to_pylist()
        return found

    def date_openings(self, openings: Sequence[Mapping[str, Any]]) -> None:
        """Takes in the times of opening balances, and which are `refused`. The rows must be owned again."""
        with self._registered("dated", pa.Table.from_pylist([dict(row) for row in openings], _DATED)):
            self._db.execute(_sql("date_openings"))

    def rows(self, first: int, stop: int) -> pa.Table:
        """The owned rows of a range, sorted by book and in exchange order. May be called from several threads."""
        found = self._db.cursor().sql(_sql("rows"), params={"first": first, "stop": stop}).to_arrow_table()
        return _cast_time(found, MOMENT)

    def counts(self) -> dict[str, int]:
        """How many rows were staged, rejected, repeated, and parts of a whole order."""
        found: list[dict[str, int]] = self._db.sql(_sql("counts")).to_arrow_table().to_pylist()
        return found[0]

    def rejects(self) -> Iterator[Reject]:
        """Every row that was refused."""
        cursor = self._db.cursor().execute(_sql("rejects"))
        while portion := cursor.fetchmany(10_000):
            yield from (Reject(*row) for row in portion)

    def reasons(self) -> list[tuple[str, str | None, int]]:
        """The most frequent reasons for which rows were refused, with the field and how many they are."""
        return self._db.cursor().execute(_sql("reasons")).fetchall()

    @contextlib.contextmanager
    def _registered(self, name: str, rows: pa.Table) -> Iterator[None]:
        self._db.register(name, rows)
        try:
            yield
        finally:
            self._db.unregister(name)


def _cast_time(rows: pa.Table, kind: pa.DataType) -> pa.Table:
    """Times as microseconds since 1970, because DuckDB needs an extension for those with a zone; and back."""
    where = rows.schema.get_field_index("exec_time")
    return rows.set_column(where, "exec_time", rows["exec_time"].cast(kind))


def _joined(key: tuple[str, str], rows: list[tuple[Any, ...]]) -> dict[str, object]:
    """A whole order out of its parts: quantities and commissions summed up, the price their average by quantity."""
    quantities = [Fraction(row[4]) for row in rows]
    value = sum((Fraction(row[3]) * qty for row, qty in zip(rows, quantities, strict=True)), Fraction())
    commission = sum((Fraction(row[5]) for row in rows), Fraction())
    return {"category": key[0], "exec_id": key[1], "exec_price": _decimal(value / sum(quantities)),
            "exec_qty": _decimal(sum(quantities, Fraction())), "commission": _decimal(commission),
            "parts": len(rows)}  # fmt: skip


def _decimal(value: Fraction) -> str:
    """At most 18 decimals, rounded half to even, as everywhere where division is unavoidable."""
    with localcontext(prec=80):
        return plain(Decimal(round(value * 10**18)).scaleb(-18))
