"""Rows on their way from a reader through a layout: text under the source's names, then under neutral ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.rows import Reject
from reconcile.history.sources.errors import UnreadableSourceError

TEXT = pa.string()
# No export has more. Each costs memory in every row, whether rows have it or not.
MOST_COLUMNS = 2000
SHOWN = 200  # characters of a cell or line that a report repeats


@dataclass(slots=True)
class Chunk:
    """Some rows of `origin`, all cells text; an empty cell is NULL."""

    origin: str
    rows: pa.Table
    lines: pa.Int64Array
    rejected: list[Reject] = field(default_factory=list)

    def column(self, name: str) -> pa.ChunkedArray:
        """The column, or NULLs where the source has none of that name."""
        if name in self.rows.column_names:
            return self.rows.column(name)
        return nulls(self.rows.num_rows)

    def reject(self, mask: pa.ChunkedArray, field_name: str | None, shown: pa.ChunkedArray | None, reason: str) -> None:
        """Takes the rows out for which `mask` is true (NULL is not), and says why."""
        where = pc.fill_null(mask, False)
        if not pc.any(where).as_py():
            return
        values: Sequence[str | None] = shown.filter(where).to_pylist() if shown is not None else ()
        lines = self.lines.filter(_flat(where)).to_pylist()
        for number, line in enumerate(lines):
            value = values[number] if values else None
            self.rejected.append(Reject(self.origin, line, field_name, shorten(value), reason.format(value)))
        self.keep(pc.invert(where))

    def keep(self, mask: pa.ChunkedArray) -> None:
        """Goes on with the rows for which `mask` is true."""
        self.rows = self.rows.filter(mask)
        self.lines = self.lines.filter(_flat(mask))


def nulls(count: int) -> pa.ChunkedArray:
    """A column without a value."""
    return pa.chunked_array([pa.nulls(count, TEXT)])


def constant(value: str, count: int) -> pa.ChunkedArray:
    """A column of one value."""
    return pa.chunked_array([pa.repeat(pa.scalar(value, TEXT), count)])


def text_table(names: Sequence[str], rows: Iterable[Sequence[str | None]]) -> pa.Table:
    """Rows of Python texts as a table; an empty text is NULL."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array([cell or None for cell in column], TEXT) for column in columns]
    return pa.Table.from_arrays(arrays, names=list(names))


def tidy(column: pa.ChunkedArray, *none: str) -> pa.ChunkedArray:
    """Without white space around the text; what is empty then, or one of `none`, is NULL."""
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(trimmed, pa.array(["", *none], TEXT)), pa.scalar(None, TEXT), trimmed)


def translate(column: pa.ChunkedArray, meanings: Mapping[str, str]) -> pa.ChunkedArray:
    """Values by a table; what is not in it stays as it is."""
    found = pc.index_in(column, pa.array(list(meanings), TEXT))
    return pc.coalesce(pc.take(pa.array(list(meanings.values()), TEXT), found), column)


def too_many_columns(origin: str, line: int | None, count: int) -> UnreadableSourceError:
    """The error for a source whose rows are not of one kind."""
    return UnreadableSourceError(origin, line, f"{count} columns, and {MOST_COLUMNS} are the most: no rows of fills")


def shorten(value: str | None) -> str | None:
    """A cell as a report shows it."""
    return value if value is None or len(value) <= SHOWN else f"{value[:SHOWN]}…"


def _flat(mask: pa.ChunkedArray) -> pa.BooleanArray:
    combined = mask.combine_chunks()
    return combined if isinstance(combined, pa.BooleanArray) else pa.concat_arrays(combined.chunks)
