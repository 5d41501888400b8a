"""Several processes write hot and cold books at once; the tables end as if one had written them in peace."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from tests.clients import KINDS
from tests.invariants import check_invariants
from tests.oracle import Fill, Instrument
from tests.oracle_ledger import BookKey, OracleLedger, order_level_id
from tests.snapshots import snapshot
from tests.statements import statement
from tests.stored import expected_books, stored_books
from tests.strategies import START
from tests.translation import arguments, book_filter
from tests.writers import Answer, Job, write_at_once

BOTS = ("bot_a", "bot_b")
ACCOUNT = "shared"
WORKERS = 4


def line(coin: str) -> BookKey:
    return BookKey(Instrument("linear", f"{coin}USDT", coin, "USDT", "USDT"))


HOT = {line("BTC"): BOTS[0], line("ETH"): BOTS[1]}
COLD = {line("ADA"): BOTS[0], line("DOT"): BOTS[1], line("SOL"): BOTS[0], line("XRP"): BOTS[1]}
OWNERS = HOT | COLD

Delivery = tuple[BookKey, Fill]


def some_fills(key: BookKey, count: int) -> list[Delivery]:
    """Fills that flip often, with shared moments and a few orders known as a whole."""
    return [(key, random_fill(key, number)) for number in range(count)]


def random_fill(key: BookKey, number: int) -> Fill:
    fill = Fill(
        exec_id=f"{key.instrument.base}{number}",
        side=random.choice(["Buy", "Sell"]),
        price=Fraction(random.randint(900, 1100), 10),
        qty=Fraction(random.randint(1, 500), 100),
        time=START + timedelta(seconds=random.randint(0, 60)),
        commission=Fraction(random.randint(-20, 100), 1000),
        commission_asset="USDT",
        seq=random.randint(0, 2),
    )
    if number % 5:
        return fill
    # Every fifth belongs to one of a few orders, and every tenth stands for the whole of it.
    order = f"{key.instrument.base}-{number % 3}"
    exec_id = order_level_id(order) if number % 10 == 0 and number < 30 else fill.exec_id
    return replace(fill, side="Buy", order_id=order, exec_id=exec_id)


def named(key: BookKey, fill: Fill) -> dict[str, Any]:
    """As the exchange reports it: the client order id names the bot, whoever brings the fill."""
    return arguments(key, fill) | {"client_order_id": f"{OWNERS[key]}-test-000000000"}


@dataclass(frozen=True)
class Scene:
    """A ledger, and all that is to be written to it."""

    database_url: str
    redis_url: str
    connection: psycopg.Connection[Any]
    deliveries: list[Delivery]

    def client(self, bot_id: str, account: str = ACCOUNT) -> LedgerClient:
        return LedgerClient(bot_id, account=account, database_url=self.database_url, redis_url=self.redis_url)

    def job(self, number: int, given: list[dict[str, Any]], longest_piece: int) -> Job:
        """Each worker is another one: either bot, either client, forked or spawned."""
        pieces = []
        while given:
            size = random.randint(1, longest_piece)
            pieces.append(given[:size])
            given = given[size:]
        kind, bot_id = KINDS[number % 2], BOTS[number % 2]
        return Job(kind, bot_id, ACCOUNT, self.database_url, self.redis_url, pieces, is_forked=number % 4 > 1)

    def jobs(self, longest_piece: int) -> list[Job]:
        """For each worker a part of its own and much that others write too, in an order of its own."""
        made = []
        for number in range(WORKERS):
            own = self.deliveries[number::WORKERS]
            also = random.sample(self.deliveries, len(self.deliveries) // 2)
            mixed = random.sample([*own, *also], len(own) + len(also))
            made.append(self.job(number, [named(*one) for one in mixed], longest_piece))
        return made

    def ends_right(self, deliveries: Sequence[Delivery]) -> None:
        """Tables and positions are the oracle's, and those of one process that writes the fills once, in order."""
        oracle = OracleLedger()
        oracle.record(deliveries)
        with self.client(BOTS[0]) as one, self.client(BOTS[1]) as other, self.client("calm", "calm") as calm:
            stored = stored_books(self.connection, one.register())
            assert stored == expected_books(oracle)
            for key, book in oracle.books().items():
                position = (one if OWNERS[key] == BOTS[0] else other).get_position(**book_filter(key))
                assert (position.side, Fraction(position.total_qty)) == (book.side, book.size)
            for key, fill in sorted(deliveries, key=lambda delivery: delivery[1].order):
                calm.record_fill(**arguments(key, fill))
            assert stored == stored_books(self.connection, calm.register())
            self.verifies(one.register())

    def verifies(self, account_id: int) -> None:
        found = self.connection.execute(statement("verify_account"), {"account_id": account_id})
        assert found.fetchall() == []


@pytest.fixture
def scene(database_url: str, redis_url: str, connection: psycopg.Connection[Any]) -> Scene:
    deliveries = [one for key in HOT for one in some_fills(key, 24)]
    deliveries += [one for key in COLD for one in some_fills(key, 12)]
    return Scene(database_url, redis_url, connection, deliveries)


def told_new(answers: Sequence[Answer]) -> int:
    """How many fills were new to somebody. Nobody may have been told of an error."""
    assert [(answer.exit_code, answer.error) for answer in answers] == [(0, None)] * len(answers)
    return sum(answer.new for answer in answers)


def test_each_fill_is_new_to_one_process_only(scene: Scene) -> None:
    assert told_new(write_at_once(scene.jobs(longest_piece=1))) == len(scene.deliveries)
    scene.ends_right(scene.deliveries)


def test_batches_of_many_books_at_once(scene: Scene) -> None:
    told_new(write_at_once(scene.jobs(longest_piece=15)))
    scene.ends_right(scene.deliveries)


def test_first_fill_of_a_book_by_all_at_once(scene: Scene) -> None:
    """Everybody brings the same fills in the same order: each book's first fill is fought for."""
    cold = scene.deliveries[-48:]
    jobs = [scene.job(number, [named(*one) for one in cold], longest_piece=1) for number in range(WORKERS)]
    assert told_new(write_at_once(jobs)) == 48
    scene.ends_right(cold)


def test_killed_writers_leave_nothing_half_done(scene: Scene) -> None:
    jobs = scene.jobs(longest_piece=5)
    doomed = [replace(job, dies_at=len(job.pieces) // 3) if number % 3 else job for number, job in enumerate(jobs)]
    answers = write_at_once(doomed)
    assert [answer.was_killed for answer in answers] == [False, True, True, False]
    told_new([answer for answer in answers if not answer.was_killed])
    with scene.client(BOTS[0]) as client:
        account_id = client.register()
        check_invariants(scene.connection, account_id)
        scene.verifies(account_id)
        # Whoever comes back brings everything again, and that is all that it takes.
        told_new(write_at_once(jobs))
        scene.ends_right(scene.deliveries)
        healed = snapshot(scene.connection, account_id)
        assert all(result.duplicate for result in client.record_fills(named(*one) for one in scene.deliveries))
        assert snapshot(scene.connection, account_id) == healed


def test_batches_with_executions_of_each_others_orders(scene: Scene) -> None:
    """Either bot's batches write to both bots' books, and come to them from opposite sides."""
    key = line("BTC")
    wholes, parts = {}, []
    for bot in BOTS:
        fills = [replace(random_fill(key, 1), exec_id=f"{bot}{n}", side="Buy", order_id=bot) for n in range(12)]
        qty = sum((fill.qty for fill in fills), Fraction(2))
        wholes[bot] = replace(fills[0], exec_id=order_level_id(bot), qty=qty)
        parts += fills
        with scene.client(bot) as client:
            client.record_fill(**arguments(key, wholes[bot]))
    given = [arguments(key, fill) for fill in parts]
    told_new(write_at_once([scene.job(n, random.sample(given, len(given)), 10) for n in range(WORKERS)]))
    for bot in BOTS:
        oracle = OracleLedger()
        oracle.record([(key, fill) for fill in [wholes[bot], *parts] if fill.order_id == bot])
        book = oracle.book(key)
        with scene.client(bot) as client:
            assert Fraction(client.get_position(**book_filter(key)).total_qty) == book.size
            lots = client.get_open_position_entries(**book_filter(key))
            assert [(Fraction(lot.remaining_qty), Fraction(lot.remaining_commission)) for lot in lots] == [
                (lot.remaining, lot.remaining_commission) for lot in book.lots
            ]
            scene.verifies(client.register())
