"""Lines of cells with a delimiter between them (CSV), exact to the character and with true line numbers.

A block is parsed by pyarrow where that is known to give what the strict reader of the standard library would give:
as many rows as lines, each with as many cells as the header. Every other block (blank lines, line ends inside
quotation marks, rows too long or too short, stray quotation marks, NUL bytes) goes through the strict reader.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from reconcile.history.rows import Reject
from reconcile.history.sources.chunk import TEXT, Chunk, shorten, text_table
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.text import Block, decode

DELIMITERS = ",;\t|"
_BLANK = re.compile(rb"(?:\A|\n)\r?\n")  # pyarrow would make a row of it
# Bybit's statements begin with a line about the account: UID: 1234,Company Name: ,Country:
_PREAMBLE = re.compile(r"^UID:")


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, and where the rows begin."""

    names: tuple[str, ...]
    delimiter: str
    line: int  # of the first row
    rest: bytes  # what of the first block is behind the header


def read_header(origin: str, first: Block, delimiter: str | None) -> Header:
    """The header of a file, from its first block.

    Raises UnreadableSourceError for a file without one, for names that come twice, and for a delimiter that does not
    occur in it.
    """
    line, block = first
    text = decode(origin, line, block)
    used = 0  # lines before the header
    reader = io.StringIO(text, newline="")
    for content in reader:
        if content.strip() and not _PREAMBLE.match(content):
            break
        used += 1
    else:
        raise UnreadableSourceError(origin, None, "the file has no header" if text.strip() else "the file is empty")
    if "\0" in content:
        reason = "a NUL byte: this is not text, or UTF-16 without a byte order mark (--encoding utf-16-le)"
        raise UnreadableSourceError(origin, line + used, reason)
    between = delimiter or max(DELIMITERS, key=content.count)
    rows = csv.reader(_from(content, reader), delimiter=between, strict=True)
    try:
        names = tuple(name.strip() for name in next(rows))
    except csv.Error as error:
        raise UnreadableSourceError(origin, line + used, f"the header: {error}") from None
    _check_header(origin, line + used, names, content, between)
    used += rows.line_num
    return Header(_named(names), between, line + used, text[reader.tell() :].encode())


def _from(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _check_header(origin: str, line: int, names: Sequence[str], content: str, delimiter: str) -> None:
    if len(names) == 1:
        other = max(DELIMITERS, key=content.count)
        hint = f"; with {other!r} it would have {content.count(other) + 1}" if other in content else ""
        raise UnreadableSourceError(origin, line, f"the header has one column with the delimiter {delimiter!r}{hint}")
    seen: dict[str, str] = {}
    for name in filter(None, names):
        if name.casefold() in seen:
            raise UnreadableSourceError(origin, line, f"the header names the column {name} twice")
        seen[name.casefold()] = name


def _named(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name or f"(column {number})" for number, name in enumerate(names, 1))


class RowReader:
    """Reads the blocks behind a header."""

    def __init__(self, origin: str, header: Header) -> None:
        self._origin = origin
        self._header = header
        self._header_cells = [name if not name.startswith("(column ") else "" for name in header.names]

    def read(self, line: int, block: bytes) -> Chunk:
        """The rows of a block that begins at `line`. Raises UnreadableSourceError where the rest cannot be read."""
        chunk = self._fast(line, block)
        return chunk if chunk is not None else self._strict(line, block)

    def _fast(self, line: int, block: bytes) -> Chunk | None:
        if b"\0" in block or block.count(b"\r") != block.count(b"\r\n") or _BLANK.search(block):
            return None
        quoted = b'"' in block
        if quoted and not _quotes_enclose(block, self._header.delimiter):
            return None
        table = parse_block(block, self._header.names, self._header.delimiter, quoted=quoted)
        if table is None or table.num_rows != _line_count(block) or (quoted and _has_quotes(table)):
            return None
        chunk = Chunk(self._origin, table, pa.array(range(line, line + table.num_rows), pa.int64()))
        self._drop_headers(chunk)
        return chunk

    def _drop_headers(self, chunk: Chunk) -> None:
        first = pc.equal(pc.utf8_trim_whitespace(chunk.rows.column(0)), self._header_cells[0])
        if not pc.any(first).as_py():
            return
        whole = [self._is_header(row.values()) for row in chunk.rows.to_pylist()]
        chunk.reject(pa.chunked_array([pa.array(whole)]), None, None, _HEADER_AGAIN)

    def _is_header(self, cells: Any) -> bool:
        return [(cell or "").strip() for cell in cells] == self._header_cells

    def _strict(self, line: int, block: bytes) -> Chunk:
        rows, lines, rejected = [], [], []
        reader = csv.reader(
            io.StringIO(decode(self._origin, line, block), newline=""), delimiter=self._header.delimiter, strict=True
        )
        while True:
            begin = line + reader.line_num
            try:
                row = next(reader, None)
            except csv.Error as error:
                if "unexpected end" in str(error):
                    reason = "a quotation mark that is never closed"
                    raise UnreadableSourceError(self._origin, begin, reason) from None
                rejected.append(Reject(self._origin, begin, None, None, f"not a row of cells: {error}"))
                continue
            if row is None:
                break
            if not row or (len(row) == 1 and not row[0].strip()):
                continue  # a blank line is no row
            fault = self._fault(row)
            if fault:
                shown = shorten(self._header.delimiter.join(row).replace("\0", "\\0"))
                rejected.append(Reject(self._origin, begin, None, shown, fault))
            else:
                rows.append(row)
                lines.append(begin)
        return Chunk(self._origin, text_table(self._header.names, rows), pa.array(lines, pa.int64()), rejected)

    def _fault(self, row: list[str]) -> str | None:
        if len(row) != len(self._header.names):
            return f"the row has {len(row)} cells, the header {len(self._header.names)}"
        if any("\0" in cell for cell in row):
            return "a NUL byte"
        return _HEADER_AGAIN if self._is_header(row) else None


_HEADER_AGAIN = "the header once more, not a row: were files put together?"


def parse_block(block: bytes, names: Sequence[str], delimiter: str, *, quoted: bool) -> pa.Table | None:
    """Cells as they stand, an empty one as NULL; None where a row has another number of cells or is no UTF-8."""
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(block),
            read_options=pa_csv.ReadOptions(use_threads=False, column_names=list(names), block_size=len(block) + 1),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, ignore_empty_lines=False, newlines_in_values=quoted, quote_char='"'
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, TEXT),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return table


def _quotes_enclose(block: bytes, delimiter: str) -> bool:
    """Whether half of the quotation marks stand behind a border of a cell, the other half before one, none at both.

    If, besides, no mark is left in a cell that was read, then each one opened or closed a cell, and each that closed
    stands at the cell's end: those that open are all of the first half. No two texts were joined.
    """
    whole = b"\n" + block + b"\n"
    before = [one + b'"' for one in (delimiter.encode(), b"\n")]
    behind = [b'"' + one for one in (delimiter.encode(), b"\n", b"\r")]
    opening = sum(map(whole.count, before))
    closing = sum(map(whole.count, behind))
    both = any(one + two[1:] in whole for one in before for two in behind)
    return not both and 2 * opening == 2 * closing == block.count(b'"')


def _has_quotes(table: pa.Table) -> bool:
    return any(pc.any(pc.match_substring(column, '"')).as_py() for column in table.columns)


def _line_count(block: bytes) -> int:
    return block.count(b"\n") + (not block.endswith(b"\n"))
