"""FIFO with netting in columns: which fill opens what, and which lot each close consumes.

With the signed position before each fill known, a fill closes min(|quantity|, |position|) if it is against the position
and opens the rest. All that is opened lies on one axis of quantity, all that is closed on another, and the n-th unit
closed is the n-th unit opened: trades are the overlaps of the two.
"""

from dataclasses import dataclass

import numpy as np

from reconcile.history.numbers import LARGEST, Integers, running, total


@dataclass(frozen=True, slots=True)
class Start:
    """Where a book stands before the first fill: the signed position and the axis of its cycle, in units.

    `lots`: those that are open, oldest first, as (quantity, of which closed already).
    """

    position: int
    cycle_id: int
    opened: int
    closed: int
    lots: tuple[Integers, Integers]


@dataclass(frozen=True, slots=True)
class Opened:
    """The lots that fills open: which fill, in which cycle, from where to where on its axis."""

    fill: Integers
    cycle_id: Integers
    start: Integers
    end: Integers


@dataclass(frozen=True, slots=True)
class Closed:
    """The pieces: a lot, the fill that closes it, and the units (from, to] of either's own quantity.

    Open lots are counted first, then those of the fills, by the number of their fill.
    """

    lot: Integers
    fill: Integers
    lot_from: Integers
    lot_to: Integers
    fill_from: Integers
    fill_to: Integers


@dataclass(frozen=True, slots=True)
class Matched:
    """What the fills do. `closing`: how much of each of them closes. `end`: the position behind the last one."""

    closing: Integers
    opened: Opened
    closed: Closed
    position: int
    cycle_id: int
    axis: int  # where the cycle's axis ends


def match(start: Start, fill_id: Integers, signed: Integers) -> Matched:
    """Matches the fills of one book, given in exchange order. There is at least one."""
    if max(abs(start.opened), abs(start.closed)) >= LARGEST:
        signed = signed.astype(object)
    after = running(signed, start.position)
    before = after - signed
    size = np.abs(signed)
    against = np.sign(before) * np.sign(signed) < 0
    closing = np.where(against, np.minimum(size, np.abs(before)), 0)
    opening = size - closing
    opens = np.asarray(opening > 0, dtype=bool)
    begins = opens & (np.asarray(before == 0, dtype=bool) | np.asarray(closing > 0, dtype=bool))
    began = np.maximum.accumulate(np.where(begins, np.arange(len(signed)), -1))
    all_opened = running(opening)
    first = np.maximum(began, 0)
    carried = began < 0
    axis = np.where(carried, all_opened + start.opened, all_opened - (all_opened - opening)[first])
    cycle = np.where(carried, start.cycle_id, fill_id[first])
    where = np.flatnonzero(opens)
    opened = Opened(where, cycle[where], (axis - opening)[where], axis[where])
    closed = _overlaps(start, opening, closing, all_opened, where)
    return Matched(closing, opened, closed, int(after[-1]), int(cycle[-1]), int(axis[-1]))


def _overlaps(start: Start, opening: Integers, closing: Integers, all_opened: Integers, where: Integers) -> Closed:
    """Every end of a lot or of a close cuts the common axis; each piece between two cuts is one trade."""
    held, consumed = start.lots
    left = held - consumed
    lot_size = np.concatenate([held, opening[where]])
    lot_end = np.concatenate([running(left), all_opened[where] + total(left)])
    number = np.concatenate([np.arange(len(held)), where + len(held)])
    closer = np.flatnonzero(np.asarray(closing > 0, dtype=bool))
    close_end = running(closing)[closer]
    if not len(closer):
        none = np.zeros(0, dtype=np.int64)
        return Closed(none, none, none, none, none, none)
    last = close_end[-1]
    cuts = np.union1d(lot_end[np.asarray(lot_end < last, dtype=bool)], close_end)
    begin = np.concatenate([np.zeros(1, dtype=cuts.dtype), cuts[:-1]])
    lot = np.searchsorted(lot_end, cuts)
    close = np.searchsorted(close_end, cuts)
    lot_base = (lot_end - lot_size)[lot]  # of a lot that was open before, what is closed of it lies left of the axis
    close_base = (close_end - closing[closer])[close]
    return Closed(
        number[lot], closer[close], begin - lot_base, cuts - lot_base, begin - close_base, cuts - close_base
    )  # fmt: skip
