"""The quick route through pyarrow gives what the strict one gives, whatever the text and wherever it is cut."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.history.sources.chunk import Chunk
from reconcile.history.sources.delimited import Header, RowReader
from reconcile.history.sources.text import blocks

NAMES = ("symbol", "side", "price")
PIECES = st.sampled_from(
    ["a", "1.50", " ", '"', '""', ",", ";", "\n", "\r\n", "\r", "\0", "é", "symbol,side,price", '","']
)
CELL = st.text(st.sampled_from('ab1." ,;\n'), max_size=5)


def reader() -> RowReader:
    return RowReader("file", Header(NAMES, ",", 2, b""))


Outcome = tuple[list[tuple[int, tuple[str | None, ...]]], list[tuple[int, str]]]


def outcome(chunks: list[Chunk]) -> Outcome:
    rows = [
        (line, tuple(row.values()))
        for chunk in chunks
        for line, row in zip(chunk.lines.to_pylist(), chunk.rows.to_pylist(), strict=True)
    ]
    return rows, [(one.line, one.reason) for chunk in chunks for one in chunk.rejected]


THOROUGHLY = settings(max_examples=300)  # no database behind these


@THOROUGHLY
@given(text=st.lists(PIECES, max_size=40).map("".join))
def test_any_text_reads_the_same_on_both_routes(text: str) -> None:
    block = text.encode()
    quick = reader()._fast(2, block) if block else None
    if quick is not None:
        assert outcome([quick]) == outcome([reader()._strict(2, block)])


@THOROUGHLY
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=30),
    size=st.integers(1, 60),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read_wherever_it_is_cut(rows: list[tuple[str, ...]], size: int, end: str) -> None:
    content = io.StringIO(newline="")
    writer = csv.writer(content, lineterminator=end)
    starts = []
    for row in rows:
        starts.append(content.tell())
        writer.writerow(row)
    data = content.getvalue().encode()
    pieces = iter([data[start : start + 7] for start in range(0, len(data), 7)])
    chunks = [reader().read(line + 1, block) for line, block in blocks("file", pieces, quotes=True, size=size)]
    read, rejected = outcome(chunks)
    assert [cells for _, cells in read] == [tuple(cell or None for cell in row) for row in rows]
    assert not rejected
    assert [line for line, _ in read] == [2 + content.getvalue()[:start].count("\n") for start in starts]


@THOROUGHLY
@given(text=st.lists(PIECES.filter(lambda piece: '"' not in piece), max_size=40).map("".join), size=st.integers(1, 30))
def test_where_a_block_ends_makes_no_difference(text: str, size: int) -> None:
    data = text.encode()
    pieces = iter([data[start : start + 5] for start in range(0, len(data), 5)])
    whole = outcome([reader().read(2, data)]) if data else ([], [])
    assert (
        outcome([reader().read(line + 1, part) for line, part in blocks("file", pieces, quotes=True, size=size)])
        == whole
    )
