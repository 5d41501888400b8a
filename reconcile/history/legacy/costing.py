"""What the exits of a book earned: by the ledger, and by the ways in which earlier systems count the cost."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from reconcile.history.legacy.values import ZERO, Book, Exit, divided


@dataclass(frozen=True, slots=True)
class Fill:
    """A fill that counts, and what it closed by the ledger. `fee` and the two after it are in the settle coin."""

    fill_id: int
    exec_time: datetime
    order_id: str | None
    client_order_id: str | None
    signed_qty: Decimal
    exec_price: Decimal | None
    fee: Decimal
    side: str | None  # of the position that it closed
    closed: Decimal
    gross: Decimal | None
    entry_fee: Decimal | None
    exit_fee: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a quantity was entered for: its value and its commissions. The value is None where nobody knows it."""

    value: Decimal | None
    fee: Decimal


class Position(Protocol):
    """What is open, by one way of counting."""

    def enter(self, quantity: Decimal, cost: Cost) -> None:
        """Adds to it."""
        ...

    def leave(self, quantity: Decimal) -> Cost | None:
        """Takes off it; None where so much is not open."""
        ...


class Averaged:
    """All of the position has one price, the average of its entries; a partial close leaves it alone."""

    def __init__(self) -> None:
        self._quantity = ZERO
        self._cost = Cost(ZERO, ZERO)

    def enter(self, quantity: Decimal, cost: Cost) -> None:
        """Adds to it."""
        known = None if self._cost.value is None or cost.value is None else self._cost.value + cost.value
        self._quantity += quantity
        self._cost = Cost(known, self._cost.fee + cost.fee)

    def leave(self, quantity: Decimal) -> Cost | None:
        """Takes off it; None where so much is not open."""
        if quantity > self._quantity:
            return None
        part = _share(self._cost, quantity, self._quantity)
        self._quantity -= quantity
        self._cost = _less(self._cost, part) if self._quantity else Cost(ZERO, ZERO)
        return part


class FirstInFirstOut:
    """What came first leaves first."""

    def __init__(self) -> None:
        self._lots: deque[tuple[Decimal, Cost]] = deque()

    def enter(self, quantity: Decimal, cost: Cost) -> None:
        """Adds to it."""
        self._lots.append((quantity, cost))

    def leave(self, quantity: Decimal) -> Cost | None:
        """Takes off it; None where so much is not open."""
        value: Decimal | None = ZERO
        fee = ZERO
        while quantity:
            if not self._lots:
                return None
            size, cost = self._lots.popleft()
            part = cost
            if size > quantity:
                part = _share(cost, quantity, size)
                self._lots.appendleft((size - quantity, _less(cost, part)))
            value = None if value is None or part.value is None else value + part.value
            fee += part.fee
            quantity -= min(size, quantity)
        return Cost(value, fee)


def _share(cost: Cost, quantity: Decimal, whole: Decimal) -> Cost:
    if quantity == whole:
        return cost
    value = None if cost.value is None else divided(cost.value * quantity, whole)
    return Cost(value, divided(cost.fee * quantity, whole) if cost.fee else ZERO)


def _less(cost: Cost, part: Cost) -> Cost:
    value = None if cost.value is None or part.value is None else cost.value - part.value
    return Cost(value, cost.fee - part.fee)


def exits_of(book: Book, fills: Iterable[Fill]) -> list[Exit]:
    """What each order closed, in the order of the first execution that closed something. In `exactly()`."""
    found: dict[object, Exit] = {}
    average = Averaged()
    for fill in fills:
        if fill.closed and fill.side is not None:
            cost = average.leave(fill.closed) or Cost(None, ZERO)
            key = (fill.order_id or fill.client_order_id or fill.fill_id, fill.side)
            one = found.get(key)
            if one is None:
                found[key] = _exit(book, fill, fill.side, cost)
            else:
                _add(one, _exit(book, fill, fill.side, cost))
        _enter(book, average, fill)
    return list(found.values())


def _enter(book: Book, position: Position, fill: Fill) -> None:
    opened = abs(fill.signed_qty) - fill.closed
    if opened:
        value = None if fill.exec_price is None else book.value(opened, fill.exec_price)
        position.enter(opened, Cost(value, fill.fee - (fill.exit_fee or ZERO)))


def _exit(book: Book, fill: Fill, side: str, cost: Cost) -> Exit:
    proceeds = ZERO if fill.exec_price is None else book.value(fill.closed, fill.exec_price)
    known = cost.value is not None and fill.exec_price is not None
    return Exit(
        fill_ids=[fill.fill_id],
        time=fill.exec_time,
        last_time=fill.exec_time,
        order_id=fill.order_id,
        client_order_id=fill.client_order_id,
        side=side,
        quantity=fill.closed,
        proceeds=proceeds,
        prices=[] if fill.exec_price is None else [fill.exec_price],
        gross=fill.gross,
        entry_fee=fill.entry_fee or ZERO,
        exit_fee=fill.exit_fee or ZERO,
        average_gross=book.gross(side, cost.value, proceeds) if known and cost.value is not None else None,
        average_entry_fee=cost.fee,
    )


def _add(one: Exit, more: Exit) -> None:
    one.fill_ids += more.fill_ids
    one.last_time = more.time
    one.quantity += more.quantity
    one.proceeds += more.proceeds
    one.prices += [price for price in more.prices if price not in one.prices]
    one.gross = None if one.gross is None or more.gross is None else one.gross + more.gross
    one.entry_fee += more.entry_fee
    one.exit_fee += more.exit_fee
    both = one.average_gross is not None and more.average_gross is not None
    one.average_gross = one.average_gross + more.average_gross if both else None  # type: ignore[operator]
    one.average_entry_fee += more.average_entry_fee
