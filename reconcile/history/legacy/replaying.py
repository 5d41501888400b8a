"""What a system booked that had missed exits, or booked them twice: the position that it held, and its own exits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reconcile.history.legacy.costing import Averaged, Cost, Fill, FirstInFirstOut, Position
from reconcile.history.legacy.values import ZERO, Book, divided


@dataclass(frozen=True, slots=True)
class OwnExit:
    """What such a system closed with one fill. `proceeds` and `exit_fee` are of the quantity that it closed."""

    fill_id: int
    time: datetime
    order_id: str | None
    client_order_id: str | None
    side: str
    quantity: Decimal
    cost: Cost
    proceeds: Decimal
    exit_fee: Decimal
    averaged: bool


@dataclass(frozen=True, slots=True)
class Habit:
    """How a system keeps its position.

    Attributes:
        averaged: by the average of all of it, else by lots.
        nets: a fill against what it holds closes that, whatever the fill was for; else it knows what each fill is for,
            and holds longs and shorts side by side.
        repeats: a second booking of an exit takes from its position once more.
    """

    averaged: bool
    nets: bool
    repeats: bool

    def position(self) -> Position:
        """An empty one."""
        return Averaged() if self.averaged else FirstInFirstOut()


def replayed(
    book: Book, fills: Iterable[Fill], habit: Habit, times: Mapping[int, int], wanted: frozenset[int]
) -> dict[int, OwnExit]:
    """The exits of such a system: those of the fills `wanted`, and those that the ledger does not have. In `exactly()`.

    `times` says how often it booked a closing fill, where that is not once.
    """
    own = _Own(book, habit)
    found: dict[int, OwnExit] = {}
    for fill in fills:
        made = own.see(fill, times.get(fill.fill_id, 1))
        if made is not None and (fill.fill_id in wanted or not fill.closed):
            found[fill.fill_id] = made
    return found


class _Own:
    def __init__(self, book: Book, habit: Habit) -> None:
        self._book, self._habit = book, habit
        self._held = {"Buy": habit.position(), "Sell": habit.position()}
        self._sizes = {"Buy": ZERO, "Sell": ZERO}

    def see(self, fill: Fill, times: int) -> OwnExit | None:
        """Takes a fill over; the first exit that it made."""
        direction, against = ("Buy", "Sell") if fill.signed_qty > 0 else ("Sell", "Buy")
        size = abs(fill.signed_qty)
        closes = min(size, self._sizes[against]) if self._habit.nets else fill.closed
        if closes and times == 0:
            return None  # what it would have booked it has not: it never heard of the fill
        made = self._leave(fill, against, closes) if closes else None
        for _ in range(times - 1 if self._habit.repeats else 0):
            self._leave(fill, against, min(closes, self._sizes[against]))
        opens = size - closes
        if opens:
            value = None if fill.exec_price is None else self._book.value(opens, fill.exec_price)
            self._held[direction].enter(opens, Cost(value, _part(fill.fee, opens, size)))
            self._sizes[direction] += opens
        return made

    def _leave(self, fill: Fill, side: str, quantity: Decimal) -> OwnExit | None:
        if not quantity or quantity > self._sizes[side] or fill.exec_price is None:
            return None
        self._sizes[side] -= quantity
        return OwnExit(
            fill_id=fill.fill_id,
            time=fill.exec_time,
            order_id=fill.order_id,
            client_order_id=fill.client_order_id,
            side=side,
            quantity=quantity,
            cost=self._held[side].leave(quantity) or Cost(None, ZERO),
            proceeds=self._book.value(quantity, fill.exec_price),
            exit_fee=_part(fill.fee, quantity, abs(fill.signed_qty)),
            averaged=self._habit.averaged,
        )


def _part(fee: Decimal, quantity: Decimal, whole: Decimal) -> Decimal:
    return fee if quantity == whole or not fee else divided(fee * quantity, whole)
