"""What every source gives: batches of rows, each cell still the text that the source has, under neutral names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

REQUIRED = ("symbol", "side", "exec_price", "exec_qty", "exec_time")
COLUMNS = (
    *REQUIRED,
    "bot_id",
    "category",
    "position_idx",
    "exec_id",
    "order_id",
    "client_order_id",
    "commission",
    "commission_asset",
    "close_reason",
    "seq",
    "is_maker",
    "exec_type",
    "row_id",  # the source's own key of the row: the identity of one that has neither exec_id nor order_id
)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be booked, where it stands, and why."""

    origin: str
    line: int
    field: str | None
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a source, in its order.

    `rows` has columns of text, a subset of COLUMNS; an empty cell is NULL. Numbers and times are as the source
    writes them: checking them is not the reader's work. Where a source's times are known to be UTC or local
    in a known zone, the reader writes the offset to them. `lines` says for each row where it stands in
    `origin`: a line number from 1, or a table's key or running number. `done` is how much of the source, in the
    unit of its `total`, has been read with this batch.
    """

    origin: str
    rows: pa.Table
    lines: pa.Int64Array
    done: int
    rejected: tuple[Reject, ...] = ()


class Source(Protocol):
    """A readable past.

    `unit` is what `total` and `Batch.done` count: "rows" or "bytes"; `total` is None where it is not known before.
    """

    @property
    def name(self) -> str:
        """What reports call it; without secrets."""
        ...

    @property
    def unit(self) -> str:
        """What is counted, rows or bytes."""
        ...

    @property
    def total(self) -> int | None:
        """How much there is, in `unit`."""
        ...

    def batches(self) -> Iterator[Batch]:
        """The rows, in batches of some ten thousand; raises errors of `ledger.errors` that say where and what."""
        ...
