"""Histories that tests bring in, and what the tables say of them whatever the way they came."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa

from ledger.money import plain
from ledger.settings import load_settings
from reconcile.history.report import ImportReport
from reconcile.history.rows import COLUMNS, Batch
from reconcile.history.run import ImportOptions, import_history
from tests.statements import statement, statements

Row = Mapping[str, Any]
_TABLES = statements("imported")


@dataclass(frozen=True)
class Rows:
    """A source that has its rows at hand: dicts by column, in batches of `size`."""

    rows: Sequence[Row]
    size: int = 1000
    name: str = "rows"
    unit: str = "rows"

    @property
    def total(self) -> int:
        return len(self.rows)

    def batches(self) -> Iterator[Batch]:
        for start in range(0, len(self.rows), self.size):
            part = self.rows[start : start + self.size]
            columns = [name for name in COLUMNS if any(name in row for row in part)]
            cells = {name: pa.array([cell(row.get(name)) for row in part], pa.string()) for name in columns}
            lines = pa.array(range(start + 1, start + 1 + len(part)), pa.int64())
            yield Batch(self.name, pa.table(cells), lines, start + len(part))


def cell(value: Any) -> str | None:
    """As a source writes it."""
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)


def bring_in(
    rows: Sequence[Row], account: str, database_url: str, redis_url: str | None = None, **options: Any
) -> ImportReport:
    """Imports rows as if bots had written them; every row read must be accounted for, every book proven."""
    settings = load_settings(database_url=database_url, redis_url=redis_url)
    source, progress = options.pop("kind", Rows)(rows), options.pop("progress", None)
    wanted = ImportOptions(**{"account": account, "source": "bot", **options})
    report = import_history(source, settings, wanted, progress)
    assert report.read == len(rows)
    assert report.stopped or report.booked + report.duplicates + report.rejected == report.read, report
    assert not report.unproven, report.unproven[:3]
    return report


def tables(connection: psycopg.Connection[Any], account_id: int) -> dict[str, list[str]]:
    """What the account's tables say, but for numbers that are given by arrival; decimals without trailing zeros."""
    return {
        name: sorted(
            json.dumps(_plain(json.loads(row, parse_float=Decimal, parse_int=Decimal)), sort_keys=True)
            for (row,) in connection.execute(query, {"account_id": account_id})
        )
        for name, query in _TABLES.items()
    }


def _plain(row: Any) -> dict[str, Any]:
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def account_id(connection: psycopg.Connection[Any], name: str) -> int:
    """The number of an account."""
    found = connection.execute(statement("account_id"), {"name": name}).fetchone()
    assert found is not None
    return int(found[0])
