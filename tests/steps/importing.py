"""What the import of history does to books: its own steps, one by one."""

import json
from collections.abc import Iterator
from typing import Any

from tests.fills import moment
from tests.statements import statement
from tests.steps.play import BOT, MAIN, OTHER, Line, Play, lasting
from tests.steps.rebuilding import busy

_SPOT = Line(category="spot", symbol="ETHUSDT")


def rewound(play: Play, line: Line = MAIN) -> None:
    """From any moment on everything is taken back; derived and added again, all is as it was."""
    beside = Line(bot=BOT if line.bot == OTHER else OTHER, category=line.category, symbol=line.symbol)
    play.fill("x", "+2", 90, 0, beside)
    play.fill("y", "-1", 95, 9, beside)
    busy(play, line)
    place = {"account_id": play.account_id, "book_id": play.book_id(line)}
    before, stored = play.book(line), play.all()[1]
    for at, seq, exec_id in ((0, 0, ""), (1, 0, "e00"), (2, 2, "e02"), (2, 2, "e03"), (5, 0, ""), (7, 0, "e07"),
                             (8, 1, "e09"), (8, 2, ""), (9, 0, "e11"), (99, 0, "")):  # fmt: skip
        removed = play.call(
            "import_rewind", line, book_id=place["book_id"], exec_time=moment(at), seq=seq, exec_id=exec_id
        )
        now = play.book(line)
        assert removed["trades_before"] == before["trades"]
        assert now["trades"] == before["trades"] - removed["trades_removed"]
        (sums,) = play.rows("steps/sums", book_id=place["book_id"])
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
        assert play.book(line) == before, (at, seq, exec_id)
        assert play.all()[1] == stored, (at, seq, exec_id)


def rewound_spot(play: Play) -> None:
    """With fees in the base coin."""
    rewound(play, _SPOT)


def rewound_of_the_other(play: Play) -> None:
    """A book behind another one, by number and by name."""
    rewound(play, Line(bot=OTHER))


def advanced(play: Play) -> None:
    """Numbers, hash and dust come with the block; what is not given stays."""
    busy(play, _SPOT)
    book = play.book(_SPOT)
    kept = {name: book[name] for name in ("last_exec_time", "last_seq", "last_exec_id", "cycle_id", "opened")}
    block = {"book_seq": 99, "hash": "00ff", "trades": 2, "gross": "7.5", "net": "6.25", "dust": "-0.5"}
    end = {"book_id": play.book_id(_SPOT), "pos": book["size"], **kept, **block}
    try:
        with play.connection.transaction():
            play.call("import_advance", _SPOT, ends=json.dumps([end], default=str))
            now = play.book(_SPOT)
            play.answers.append(lasting(now))
            assert (now["book_seq"], now["hash"], now["trades"]) == (99, "\\x00ff", book["trades"] + 2)
            changes = [now[name] - book[name] for name in ("realized_gross", "realized_net", "dust_qty")]
            assert changes == [7.5, 6.25, -0.5]
            raise _TakenBackError
    except _TakenBackError:
        pass


class _TakenBackError(Exception):
    """What was done is of no book that the journal gives."""


def locked(play: Play) -> None:
    """Books in one order for everybody, those that are not there made."""
    play.fill("a", "+1", 90, 0, Line(bot=OTHER))
    keys = [
        {"bot_id": bot, "category": category, "symbol": symbol, "position_idx": idx}
        for bot in (OTHER, BOT) for category in ("spot", "linear") for symbol in ("bUSDT", "AUSDT") for idx in (1, 0)
    ]  # fmt: skip
    found = play.rows("steps/locked_books", books=json.dumps(keys))
    assert [row[:4] for row in found] == sorted(tuple(key.values()) for key in keys)
    play.answers.append([list(map(str, row)) for row in found])


def scenarios() -> Iterator[Any]:
    yield from (rewound, rewound_spot, rewound_of_the_other, advanced, locked)
