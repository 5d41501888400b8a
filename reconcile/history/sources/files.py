"""Files as a source: CSV, JSON lines and Parquet, compressed or not, many at once, or standard input."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Literal

import pyarrow as pa
import pyarrow.compute as pc

from ledger.errors import ConfigurationError
from reconcile.history.rows import Batch
from reconcile.history.sources.chunk import MOST_COLUMNS, Chunk, too_many_columns
from reconcile.history.sources.delimited import RowReader, read_header
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.jsonlines import NESTED, read_objects
from reconcile.history.sources.layouts import Layout, choose_layout
from reconcile.history.sources.mapping import ColumnMapping
from reconcile.history.sources.opening import BROKEN, STDIN, Part, find_files, opened, parts, starts_with
from reconcile.history.sources.parquet import MAGIC, open_parquet, read_tables
from reconcile.history.sources.text import blocks, utf8

Format = Literal["csv", "jsonl", "parquet"]
_FORMATS = ("csv", "jsonl", "parquet")


class FileSource:
    """Fills out of files. What a file is, is told by its content; what its columns are, by its header."""

    unit = "bytes"

    def __init__(
        self,
        patterns: list[str],
        *,
        file_format: Format | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        mapping: ColumnMapping | None = None,
        choose: Callable[[str, Sequence[str]], Layout] | None = None,
    ) -> None:
        """Looks the files up; none is opened yet.

        Args:
            patterns: names, glob patterns (`**` goes into folders), or "-" for standard input.
            file_format: "csv", "jsonl" or "parquet"; default: by the content of each file.
            encoding: of text; default: by the byte order mark, else UTF-8.
            delimiter: of CSV, one character; default: the one that the header has most of, out of , ; tab and |.
            mapping: the user's names, values and constants.
            choose: the layout of an origin with these columns, for rows that are no fills; default: by `mapping`.

        Raises:
            UnreadableSourceError: a pattern fits no file.
            ConfigurationError: an argument breaks a rule.
        """
        if file_format is not None and file_format not in _FORMATS:
            raise ConfigurationError(f"format {file_format}: must be one of {', '.join(_FORMATS)}")
        if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'):
            raise ConfigurationError(
                f"delimiter {delimiter!r}: must be one ASCII character, no quotation mark or line end"
            )
        self._patterns = patterns
        self._files = find_files(patterns)
        self._format = file_format
        self._encoding = encoding
        self._delimiter = delimiter
        of_fills = mapping or ColumnMapping()
        self._choose = choose or (lambda origin, names: choose_layout(origin, names, of_fills))
        self._before = 0  # bytes of the files that are done
        self.layouts: dict[str, str] = {}  # what each origin was recognised as
        self.unread: dict[str, tuple[str, ...]] = {}  # the columns of each origin that its layout leaves aside

    @property
    def name(self) -> str:
        """The patterns."""
        return ", ".join("standard input" if pattern == STDIN else pattern for pattern in self._patterns)

    @property
    def total(self) -> int | None:
        """Bytes of all files as they are on disk; None with standard input among them."""
        if STDIN in self._files:
            return None
        return sum(Path(name).stat().st_size for name in self._files)

    def batches(self) -> Iterator[Batch]:
        """The rows of all files, one file after the other.

        Raises UnreadableSourceError for a file that cannot be read, or not to its end, with the line reached.
        """
        self._before = 0
        for name in self._files:
            with opened(name) as counted:
                for part in parts(name, counted):
                    for chunk in self._chunks(part):
                        yield self._batch(chunk, counted.count)
                self._before += counted.count

    def _batch(self, chunk: Chunk, count: int) -> Batch:
        done = self._before + count
        total = self.total
        return Batch(
            origin=chunk.origin,
            rows=chunk.rows,
            lines=chunk.lines,
            done=done if total is None else min(done, total),
            rejected=tuple(chunk.rejected),
        )

    def _chunks(self, part: Part) -> Iterator[Chunk]:
        kind = self._format
        if kind == "parquet" or (kind is None and starts_with(part, MAGIC)):
            yield from self._parquet(part)
            return
        chunks = utf8(part.origin, part.stream, self._encoding)
        first = next(chunks, b"")
        again = chain((first,), chunks)
        if kind == "jsonl" or (kind is None and first.lstrip()[:1] in {b"{", b"["}):
            yield from self._json(part, again)
        else:
            yield from self._csv(part, again)

    def _csv(self, part: Part, chunks: Iterator[bytes]) -> Iterator[Chunk]:
        pieces = blocks(part.origin, chunks, quotes=True)
        first = next(pieces, (1, b""))
        header = read_header(part.origin, first, self._delimiter)
        layout = self._layout(part.origin, header.names)
        reader = RowReader(part.origin, header)
        for line, block in chain(((header.line, header.rest),), pieces):
            if block:
                yield layout.read(reader.read(line, block))
        yield from _left(layout)

    def _json(self, part: Part, chunks: Iterator[bytes]) -> Iterator[Chunk]:
        layout: Layout | None = None
        seen: dict[str, None] = {}
        for line, block in blocks(part.origin, chunks, quotes=False):
            chunk = read_objects(part.origin, line, block)
            names = chunk.rows.column_names
            if chunk.rows.num_rows == 0:
                yield chunk
                continue
            if layout is None or not seen.keys() >= set(names):  # keys may come late, and may matter
                seen.update(dict.fromkeys(names))
                chosen = self._layout(part.origin, list(seen))
                layout = layout or chosen
            for name in layout.used(names):
                column = chunk.rows.column(name)
                nested = pc.equal(column, NESTED)
                chunk.reject(nested, name, None, "an object or a list, where a plain value is needed")
            yield layout.read(chunk)
        if layout is not None:
            yield from _left(layout)

    def _parquet(self, part: Part) -> Iterator[Chunk]:
        with _in_place(part) as stream:
            file = open_parquet(part.origin, stream)
            names = file.schema_arrow.names
            layout = self._layout(part.origin, names)
            first = 1
            for table in read_tables(part.origin, file, layout.used(names)):
                lines = pa.array(range(first, first + table.num_rows), pa.int64())
                first += table.num_rows
                yield layout.read(Chunk(part.origin, table, lines))
            yield from _left(layout)

    def _layout(self, origin: str, names: list[str] | tuple[str, ...]) -> Layout:
        if len(names) > MOST_COLUMNS:
            raise too_many_columns(origin, None, len(names))
        layout = self._choose(origin, names)
        used = set(layout.used(names))
        self.layouts[origin] = layout.name
        self.unread[origin] = tuple(name for name in names if name not in used)
        return layout


@contextmanager
def _in_place(part: Part) -> Iterator[IO[bytes]]:
    """Parquet has its index at the end: what cannot be read from there is written to a temporary file first."""
    if part.plain:
        yield part.stream
        return
    with tempfile.TemporaryFile() as spooled:
        try:
            shutil.copyfileobj(part.stream, spooled, 1 << 20)
        except BROKEN as error:
            reason = f"the compressed data is cut short or damaged: {error}"
            raise UnreadableSourceError(part.origin, None, reason) from None
        spooled.seek(0)
        yield spooled


def _left(layout: Layout) -> Iterator[Chunk]:
    chunk = layout.rest()
    if chunk is not None:
        yield chunk
