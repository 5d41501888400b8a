"""Books that are derived again as a whole, whatever had become of what was derived."""

from collections.abc import Iterator
from typing import Any

from tests.statements import statement
from tests.steps.adjusting import beside
from tests.steps.play import MAIN, Line, Play, execution


def busy(play: Play, line: Line) -> None:
    """Two cycles and an open end; at one moment several, of which the last by its number is the first by its name."""
    asset = {"commission_asset": "ETH"} if line.category == "spot" else {}
    for number, (signed, at, seq) in enumerate(
        (("+3", 1, 0), ("-1", 2, 1), ("+1", 2, 2), ("-1", 2, 2), ("-2", 3, 0), ("+2", 5, 0), ("-5", 6, 0), ("+1", 7, 0),
         ("+9", 8, 1), ("+1", 8, 1), ("+2", 8, 2), ("-1", 9, 0))
    ):  # fmt: skip
        play.fill("d10" if number == 10 else f"e{number:02}", signed, 100 + number, at, line, seq=seq, **asset)


def rebuilt(play: Play) -> None:
    """Rows that are wrong, lost or forged, and a book that says something else."""
    beside(play)
    line = Line(category="spot", symbol="ETHUSDT")
    for one in (MAIN, line):
        busy(play, one)
        place = {"account_id": play.account_id, "book_id": play.book_id(one)}
        stored = play.all()[1]
        for name in ("forged_trades", "wrong_rows", "lost_rows", "wrong_book"):
            play.connection.execute(statement(f"steps/{name}"), place)
            assert play.complaints() != [], name
            play.call("rebuild_book", one, book_id=place["book_id"])
            assert play.complaints() == [], name
            assert _without_rebuilds(play.all()[1]) == _without_rebuilds(stored), name
            assert play.call("rebuild_book", one, book_id=place["book_id"]) == 0


def without_prices(play: Play) -> None:
    """How much of what is open has no price, behind batches that close of it or open more, and behind late fills."""
    unknown: dict[str, Any] = {"exec_type": "Adjustment"}
    play.fill("a", "+2", 100, 1)
    play.fill("b", "+3", None, 2, **unknown)
    play.fill("c", "+4", 100, 5)
    play.fill("d", "+5", None, 6, **unknown)
    found = []
    for batch in (
        [execution("e", "-3", 110, 7)],
        [execution("f", "+1", 100, 4)],
        [execution("g", "-1", 110, 3)],
        [execution("h", "+6", None, 4, **unknown), execution("i", "-1", 110, 8)],
        [execution("j", "+2", None, 9, **unknown)],
    ):
        play.batch(batch)
        found.append(play.book()["unpriced_qty"])
    assert found == [7, 7, 6, 11, 13]


def late_by_its_sequence(play: Play) -> None:
    """A batch that begins before the book's last fill, though its name comes behind that one's."""
    play.fill("m", "+1", 100, 0, seq=5)
    play.batch([execution("z", "-2", 100, 0, seq=3)])
    assert play.counted() == ["z -2", "m +1"]
    assert play.book()["trades"] == 1
    assert play.call("rebuild_book", book_id=play.book_id()) == 0


def _without_rebuilds(stored: list[Any]) -> list[Any]:
    return [[name, [row for row in rows if not row.startswith('["rebuild"')]] for name, rows in stored]


def scenarios() -> Iterator[Any]:
    yield from (rebuilt, without_prices, late_by_its_sequence)
