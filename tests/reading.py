"""Sources read to their end."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconcile.history.rows import COLUMNS, Reject, Source
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.files import FileSource

HEADER = "symbol,side,exec_price,exec_qty,exec_time"
ROW = "BTCUSDT,Buy,100.50,0.1,2024-01-01T00:00:00Z"
CELLS = dict(zip(HEADER.split(","), ROW.split(","), strict=True))


@dataclass(frozen=True)
class Reading:
    """Everything that a source gave; cells that are NULL are left out."""

    rows: list[tuple[int, dict[str, str]]]
    rejected: list[Reject]
    done: list[int]
    source: Any

    @property
    def cells(self) -> list[dict[str, str]]:
        return [row for _, row in self.rows]

    @property
    def lines(self) -> list[int]:
        return [line for line, _ in self.rows]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(reject.line, reject.reason) for reject in self.rejected]


def read(source: Source) -> Reading:
    rows: list[tuple[int, dict[str, str]]] = []
    rejected: list[Reject] = []
    done = []
    for batch in source.batches():
        assert set(batch.rows.column_names) <= set(COLUMNS)
        assert len(batch.lines) == batch.rows.num_rows
        for line, row in zip(batch.lines.to_pylist(), batch.rows.to_pylist(), strict=True):
            rows.append((line, {name: cell for name, cell in row.items() if cell is not None}))
        rejected.extend(batch.rejected)
        done.append(batch.done)
    return Reading(rows, rejected, done, source)


def read_text(folder: Path, content: str | bytes, **options: Any) -> Reading:
    """Writes a file and reads it."""
    path = folder / "history"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(FileSource([str(path)], **options))


def refused(folder: Path, content: str | bytes, **options: Any) -> UnreadableSourceError:
    """Writes a file that cannot be read, and answers why."""
    with pytest.raises(UnreadableSourceError) as info:
        read_text(folder, content, **options)
    assert str(folder / "history") in str(info.value)
    return info.value


def many(count: int) -> str:
    """A file of `count` rows, each with its number as price."""
    lines = [f"BTCUSDT,Buy,{number},0.1,2024-01-01T00:00:00Z" for number in range(count)]
    return "\n".join([HEADER, *lines, ""])


def gzipped(text: str) -> bytes:
    return gzip.compress(text.encode())
