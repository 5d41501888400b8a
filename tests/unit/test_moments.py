"""At which moment the venue showed a line, told from what it showed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reconcile.startup.moments import as_seen
from reconcile.startup.store import BookLine, Move

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
AT = Decimal(int(UNTIL.timestamp()))


def move(seconds: str, qty: str) -> Move:
    """An execution so many seconds after the second reading."""
    return Move(AT + Decimal(seconds), 0, f"{seconds}:{qty}", Decimal(qty))


def book(bot: str, qty: str, *moves: Move, category: str = "linear", symbol: str = "BTCUSDT") -> BookLine:
    return BookLine(
        book_id=1,
        bot_id=bot,
        category=category,
        symbol=symbol,
        position_idx=0,
        base_coin="BTC",
        book_seq=1,
        cash_seq=0,
        entries=1,
        trades=0,
        dust_qty=Decimal(0),
        qty=Decimal(qty),
        never_closed=True,
        avg_price=Decimal(1),
        moves=moves,
    )


def seen(shown: str, *books: BookLine) -> dict[str, Decimal]:
    category, symbol = ("spot", "BTC") if books[0].category == "spot" else ("linear", "BTCUSDT")
    return {one.bot_id: one.qty for one in as_seen(books, {(category, symbol, 0): Decimal(shown)}, UNTIL)}


def test_without_moves_the_books_are_what_they_are() -> None:
    assert seen("5", book("a", "2"), book("b", "1")) == {"a": 2, "b": 1}


def test_what_came_after_the_second_reading_is_not_counted() -> None:
    assert seen("2", book("a", "3", move("0.1", "1"))) == {"a": 2}
    assert seen("99", book("a", "3", move("0.1", "1"))) == {"a": 2}


@pytest.mark.parametrize(("shown", "expected"), [("6", 6), ("5", 5), ("3", 3), ("4", 6), ("2", 6)])
def test_what_came_between_the_readings_is_counted_if_it_was_shown(shown: str, expected: int) -> None:
    """6 now, 1 and 2 came between: 3, 5 and 6 were true at some moment, and 4 never was."""
    assert seen(shown, book("a", "6", move("-0.2", "2"), move("-0.1", "1"))) == {"a": expected}


def test_moves_of_several_bots_are_taken_in_exchange_order() -> None:
    a, b = book("a", "1", move("-0.3", "1")), book("b", "-4", move("-0.2", "-4"), move("0.5", "-9"))
    # Before all of it the books had 0 and 9.
    assert seen("9", a, b) == {"a": 0, "b": 9}
    assert seen("10", a, b) == {"a": 1, "b": 9}
    assert seen("6", a, b) == {"a": 1, "b": 5}
    assert seen("5", a, b) == {"a": 1, "b": 5}


def test_the_average_of_a_book_that_moved_since_is_not_compared() -> None:
    moved, quiet = as_seen([book("a", "3", move("1", "1")), book("b", "1")], {}, UNTIL)
    assert (moved.never_closed, quiet.never_closed) == (False, True)


def test_spot_books_of_one_coin_are_seen_together() -> None:
    first = book("a", "1", move("-0.1", "1"), category="spot")
    second = book("b", "2", category="spot", symbol="BTCUSDC")
    assert seen("2", first, second) == {"a": 0, "b": 2}
    assert seen("3", first, second) == {"a": 1, "b": 2}
