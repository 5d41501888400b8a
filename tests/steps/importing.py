"""What the import of history does to books: its own steps, one by one."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.fills import moment
from tests.statements import statement
from tests.steps.play import BOT, MAIN, NOBODY, OTHER, Line, Play, execution, lasting
from tests.steps.rebuilding import busy

_SPOT = Line(category="spot", symbol="ETHUSDT")


def _book(play: Play, line: Line) -> dict[str, Any]:
    (book,) = _rows(play, "steps/book", book_id=play.book_id(line))
    return {name: value for name, value in book[0].items() if name != "updated_at"}


def _rows(play: Play, name: str, **given: Any) -> list[tuple[Any, ...]]:
    return play.connection.execute(statement(name), {"account_id": play.account_id, **given}).fetchall()


def rewound(play: Play, line: Line = MAIN) -> None:
    """From any moment on everything is taken back; derived and added again, all is as it was."""
    beside = Line(bot=OTHER, category=line.category, symbol=line.symbol)
    play.fill("x", "+2", 90, 0, beside)
    play.fill("y", "-1", 95, 9, beside)
    busy(play, line)
    place = {"account_id": play.account_id, "book_id": play.book_id(line)}
    before, stored = _book(play, line), play.all()[1]
    for at, seq, exec_id in ((0, 0, ""), (1, 0, "e00"), (2, 2, "e02"), (2, 2, "e03"), (5, 0, ""), (7, 0, "e07"),
                             (8, 1, "e09"), (8, 2, ""), (9, 0, "e11"), (99, 0, "")):  # fmt: skip
        removed = play.call(
            "import_rewind", line, book_id=place["book_id"], exec_time=moment(at), seq=seq, exec_id=exec_id
        )
        now = _book(play, line)
        assert removed["trades_before"] == before["trades"]
        assert now["trades"] == before["trades"] - removed["trades_removed"]
        (sums,) = _rows(play, "steps/sums", book_id=place["book_id"])
        assert sums[:3] == sums[3:], (at, seq, exec_id)
        assert (now["side"] == "None") == (now["size"] == 0)
        for name in ("lots_again", "trades_again"):
            play.connection.execute(statement(f"steps/{name}"), place)
        end = {
            "book_id": place["book_id"], "book_seq": None, "hash": None, "last_exec_time": before["last_exec_time"],
            "last_seq": before["last_seq"], "last_exec_id": before["last_exec_id"],
            "pos": -before["size"] if before["side"] == "Sell" else before["size"], "cycle_id": before["cycle_id"],
            "opened": before["opened"], "trades": before["trades"] - now["trades"],
            "gross": before["realized_gross"] - now["realized_gross"],
            "net": before["realized_net"] - now["realized_net"], "dust": None,
        }  # fmt: skip
        play.call("import_advance", line, ends=json.dumps([end], default=str))
        assert _book(play, line) == before, (at, seq, exec_id)
        assert play.all()[1] == stored, (at, seq, exec_id)


def rewound_spot(play: Play) -> None:
    """With fees in the base coin."""
    rewound(play, _SPOT)


def advanced(play: Play) -> None:
    """Numbers, hash and dust come with the block; what is not given stays."""
    busy(play, _SPOT)
    book = _book(play, _SPOT)
    kept = {name: book[name] for name in ("last_exec_time", "last_seq", "last_exec_id", "cycle_id", "opened")}
    block = {"book_seq": 99, "hash": "00ff", "trades": 2, "gross": "7.5", "net": "6.25", "dust": "-0.5"}
    end = {"book_id": play.book_id(_SPOT), "pos": book["size"], **kept, **block}
    try:
        with play.connection.transaction():
            play.call("import_advance", _SPOT, ends=json.dumps([end], default=str))
            now = _book(play, _SPOT)
            play.answers.append(lasting(now))
            assert (now["book_seq"], now["hash"], now["trades"]) == (99, "\\x00ff", book["trades"] + 2)
            changes = [now[name] - book[name] for name in ("realized_gross", "realized_net", "dust_qty")]
            assert changes == [7.5, 6.25, -0.5]
            raise _TakenBackError
    except _TakenBackError:
        pass


class _TakenBackError(Exception):
    """What was done is of no book that the journal gives."""


def settled(play: Play) -> None:
    """Orders that are known as a whole too, journaled by an import in whatever order and book."""
    of_nobody = Line(bot=NOBODY)
    play.fill("a", "+1", 90, 0)
    play.fill("b", "+1", 90, 0, of_nobody)
    play.fill("c", "+1", 90, 0, Line(category="spot"))
    for number, (line, exec_id, signed, order) in enumerate(
        (
            (MAIN, "order:o", "-3", "o"), (MAIN, "o1", "-1", "o"), (MAIN, "o2", "-0.5", "o"),
            (MAIN, "order:p", "+2", "p"), (of_nobody, "p1", "+2", "p"),
            (MAIN, "order:q", "+2", "q"), (Line(category="spot"), "q1", "+2", "q"),
            (of_nobody, "order:r", "+2", "r"), (MAIN, "r1", "+1", "r"),
            (MAIN, "order:n", "+4", "n"), (MAIN, "n1", "+1", "n"),
        )
    ):  # fmt: skip
        columns = execution(exec_id, signed, 100, 9 - number, order_id=order, commission="0.3", commission_asset="USDT")
        place = {"account_id": play.account_id, "book_id": play.book_id(line)}
        play.connection.execute(statement("steps/journal"), {**place, "fill": json.dumps(columns)})
    orders = ["r", "q", "p", "o", "n"]
    found = play.call("import_settle", book_id=play.book_id(), order_ids=orders)
    assert found["from_exec_id"] == "order:n"
    assert found["from_time"] == moment(0).timestamp() * 10**6
    again = play.call("import_settle", book_id=play.book_id(), order_ids=orders)
    assert again == {"from_time": None, "from_seq": None, "from_exec_id": None}
    early = play.call("import_settle", of_nobody, book_id=play.book_id(of_nobody), order_ids=["r", "p"])
    assert early["from_exec_id"] == "order:r"
    for line in (MAIN, of_nobody, Line(category="spot")):
        play.call("rebuild_book", line, book_id=play.book_id(line))
    assert play.counted() == [
        "n1 +1", "a +1", "order:n:rest:3 +3", "r1 +1", "order:q +2", "o2 -0.5", "o1 -1", "order:o:rest:1.5 -1.5",
    ]  # fmt: skip
    assert play.counted(of_nobody) == ["b +1", "order:r:rest:1 +1", "p1 +2"]


def settled_with_dust(play: Play) -> None:
    """The rest of a sale that paid in the base coin."""
    play.fill("a", "+9", 90, 0, _SPOT)
    place = {"account_id": play.account_id, "book_id": play.book_id(_SPOT)}
    for exec_id, signed, commission in (("order:o", "-4", "0.4"), ("o1", "-1", "0.25")):
        columns = execution(exec_id, signed, 100, 5, order_id="o", commission=commission, commission_asset="ETH")
        play.connection.execute(statement("steps/journal"), {**place, "fill": json.dumps(columns)})
    play.call("import_settle", _SPOT, book_id=place["book_id"], order_ids=["o"])
    assert _book(play, _SPOT)["dust_qty"] == Decimal("-0.55")
    play.call("rebuild_book", _SPOT, book_id=place["book_id"])
    assert play.counted(_SPOT) == ["a +9", "o1 -1", "order:o:rest:3 -3"]


def locked(play: Play) -> None:
    """Books in one order for everybody, those that are not there made."""
    play.fill("a", "+1", 90, 0, Line(bot=OTHER))
    keys = [
        {"bot_id": bot, "category": category, "symbol": symbol, "position_idx": idx}
        for bot in (OTHER, BOT) for category in ("spot", "linear") for symbol in ("bUSDT", "AUSDT") for idx in (1, 0)
    ]  # fmt: skip
    found = _rows(play, "steps/locked_books", books=json.dumps(keys))
    assert [row[:4] for row in found] == sorted(tuple(key.values()) for key in keys)
    play.answers.append([list(map(str, row)) for row in found])


def scenarios() -> Iterator[Any]:
    yield from (rewound, rewound_spot, advanced, settled, settled_with_dust, locked)
