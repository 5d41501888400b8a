"""What nobody else can write while an adjustment is booked: its line, of every bot, and nothing beside it."""

import psycopg

from ledger.database.url import to_conninfo
from tests.statements import statement
from tests.steps.adjusting import adjustment, beside
from tests.steps.play import BOT, MAIN, OTHER, Line, Play, prepared


def test_an_adjustment_locks_all_books_of_its_line_and_no_other(database_url: str) -> None:
    others = Line(bot=OTHER)
    with (
        psycopg.connect(to_conninfo(database_url), autocommit=True) as writing,
        psycopg.connect(to_conninfo(database_url), autocommit=True) as watching,
    ):
        play = Play(writing, prepared(writing))
        beside(play)
        play.fill("a", "+3", 100, 0)
        play.fill("b", "+1", 100, 0, others)
        books = set(watching.execute(statement("steps/free_books")).fetchall())
        with writing.transaction():
            assert adjustment(play, "x", "-1", 5, {BOT: 1, OTHER: 1}) is not None
            free = set(watching.execute(statement("steps/free_books")).fetchall())
    assert books - free == {(play.account_id, *line.place.values()) for line in (MAIN, others)}
