"""Rows as the journal has them: numbered, with the columns that follow from their book, and linked by their hash."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.numbers import Column, read_column, text, times

# The order of the columns of trading.fills, which is that of its canonical text too.
FILL_COLUMNS = (
    "account_id", "book_id", "fill_id", "book_seq", "exec_time", "seq", "recorded_at", "position_idx", "is_maker",
    "bot_id", "category", "symbol", "exec_id", "order_id", "client_order_id", "side", "exec_type", "exec_price",
    "exec_qty", "commission", "commission_asset", "close_reason", "source", "signed_qty", "fee", "hash",
)  # fmt: skip
_NUMBERS = ("exec_price", "exec_qty", "commission", "signed_qty", "fee")
_QUOTED = r'[\s"\\(),]'  # what PostgreSQL quotes in the text of a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a book's journal ends, and what its fills have from it. `rows` of the block are the book's."""

    book_id: int
    book_seq: int
    hash: bytes
    base_coin: str
    quote_coin: str
    settle_coin: str
    rows: slice


def valued(rows: pa.Table, heads: Sequence[Head]) -> pa.Table:
    """`rows` with commission_asset, signed_qty and fee, as `trading.valued` computes them, and the fee's currency.

    A spot fee in the base coin is counted in quote; on a purchase it never arrives, so the lot is shorter.
    """
    asset = _of_book(heads, "settle_coin")
    charged = pc.coalesce(rows["commission_asset"].combine_chunks(), asset)
    base = pc.and_(
        pc.equal(rows["category"].combine_chunks(), "spot"),
        pc.equal(charged, _of_book(heads, "base_coin")),
    )
    qty, commission = read_column(_texts(rows, "exec_qty")), read_column(_texts(rows, "commission"))
    buys = pc.equal(rows["side"].combine_chunks(), "Buy").to_numpy(zero_copy_only=False)
    fee, counted = _texts(rows, "commission"), charged
    if pc.any(base).as_py():
        in_base = base.to_numpy(zero_copy_only=False)
        price = read_column(_texts(rows, "exec_price"))
        in_quote = text(Column(times(commission.units, price.units), commission.scale + price.scale))
        fee = pc.if_else(base, in_quote, fee)
        counted = pc.if_else(base, _of_book(heads, "quote_coin"), charged)
        scale = max(qty.scale, commission.scale)
        lost = np.where(in_base & buys, commission.at(scale), 0)
        qty = Column(qty.at(scale) - lost, scale)
    signed = Column(np.where(buys, qty.units, -qty.units), qty.scale)
    for name, column in (("commission_asset", charged), ("signed_qty", text(signed)), ("fee", fee)):
        rows = _put(rows, name, column)
    return _put(rows, "fee_asset", counted)


def numbered(rows: pa.Table, heads: Sequence[Head], account_id: int) -> pa.Table:
    """`rows` with account, book and the next numbers of their book's journal, and the present time."""
    count = len(rows)
    book = np.concatenate([np.full(head.rows.stop - head.rows.start, head.book_id) for head in heads])
    seq = np.concatenate([np.arange(head.rows.stop - head.rows.start) + head.book_seq + 1 for head in heads])
    when = pa.array(np.full(count, time.time_ns() // 1000), pa.timestamp("us", "UTC"))
    for name, column in (
        ("account_id", pa.array(np.full(count, account_id))),
        ("book_id", pa.array(book)),
        ("fill_id", pa.array((book.astype(np.int64) << 32) + seq)),
        ("book_seq", pa.array(seq)),
        ("recorded_at", when),
    ):
        rows = _put(rows, name, column)
    return rows


def linked(rows: pa.Table, heads: Sequence[Head]) -> tuple[pa.Table, list[bytes]]:
    """`rows` with their hashes, and the last one of each book."""
    content = _canonical(rows).cast(pa.binary())
    hashes: list[bytes] = []
    last: list[bytes] = []
    for head in heads:
        link = head.hash
        for row in content.slice(head.rows.start, head.rows.stop - head.rows.start).to_pylist():
            link = sha256(link + row).digest()
            hashes.append(link)
        last.append(link)
    return _put(rows, "hash", _hexadecimal(hashes)), last


def _hexadecimal(digests: Sequence[bytes]) -> pa.StringArray:
    """As PostgreSQL reads bytes."""
    width = 2 * sha256().digest_size
    ends = np.arange(0, (len(digests) + 1) * width, width, dtype=np.int32)
    digits = pa.StringArray.from_buffers(
        len(digests), pa.py_buffer(ends), pa.py_buffer(b"".join(digests).hex().encode())
    )
    return pc.binary_join_element_wise("\\x", digits, "")


def _canonical(rows: pa.Table) -> pa.StringArray:
    """What `trading.canonical` gives for a fill: the text of the row without its hash."""
    cells = [_cell(rows[name].combine_chunks(), is_number=name in _NUMBERS) for name in FILL_COLUMNS[:-1]]
    return pc.binary_join_element_wise("(", pc.binary_join_element_wise(*cells, ","), ")", "")


def _cell(column: pa.Array, *, is_number: bool) -> pa.StringArray | pa.StringScalar:
    """A column's text; where it is the same in all rows, only that. `is_number`: nothing of it is to be quoted."""
    if len(column) > 1 and _is_constant(column):
        return _cell(column.slice(0, 1), is_number=is_number)[0]
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.int64()).cast(pa.string())
    if pa.types.is_boolean(kind):
        return pc.fill_null(pc.if_else(column, "t", "f"), "")
    cells = pc.fill_null(column.cast(pa.string()), "")
    return _quoted(cells) if pa.types.is_string(kind) and not is_number else cells


def _quoted(cells: pa.StringArray) -> pa.StringArray:
    special = pc.match_substring_regex(cells, _QUOTED)
    if not pc.any(special).as_py():
        return cells
    escaped = pc.replace_substring(pc.replace_substring(cells, "\\", "\\\\"), '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', escaped, '"', ""), cells)


def _is_constant(column: pa.Array) -> bool:
    if column.null_count:
        return bool(column.null_count == len(column))
    return bool(pc.all(pc.equal(column, column[0])).as_py())


def _texts(rows: pa.Table, name: str) -> pa.StringArray:
    return rows[name].combine_chunks()


def _of_book(heads: Sequence[Head], field: str) -> pa.StringArray:
    """A text that all rows of a book share, for each row."""
    lengths = [head.rows.stop - head.rows.start for head in heads]
    values = pa.array([getattr(head, field) for head in heads], pa.string())
    return values.take(pa.array(np.repeat(np.arange(len(heads)), lengths)))


def _put(rows: pa.Table, name: str, column: pa.Array) -> pa.Table:
    where = rows.schema.get_field_index(name)
    return rows.append_column(name, column) if where < 0 else rows.set_column(where, name, column)
