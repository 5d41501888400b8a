"""The busy books of the tests played straight into the database: the quickest of the guards.

Nothing is committed. What must come out is what comes out without
a mutant; that this is right is seen by the oracle, before anything is compared with it.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.fill import Fill as Read
from ledger.fill import dump_fills, read_mapping
from ledger.queries import query
from tests.busy_books import busy_book
from tests.oracle import Fill, Instrument
from tests.oracle_ledger import BookKey, OracleLedger
from tests.statements import statement
from tests.steps.play import lasting
from tests.stored import expected_books, stored_books
from tests.strategies import BOOKS, START, THOUSANDS
from tests.translation import arguments

_BOT = "bot"
_OTHER_BOT = "other"
_NOBODY = "external"  # which every account has
# Books of the same bot beside the one that is played.
_NEIGHBOURS = (BookKey(BOOKS[0].instrument, 1), BookKey(Instrument("linear", "SOLUSDT", "SOL", "USDT", "USDT")))
_COUNT = 26
_BATCH = 9
_MOMENTS = (-1, 1, 3, 6)
_OTHERWISE = {
    "exec_price": 12345, "exec_qty": 12345, "commission": 77, "commission_asset": "XXX",
    "exec_time": START + timedelta(days=1), "seq": 991, "order_id": "another", "client_order_id": "another",
    "is_maker": True, "exec_type": "AdlTrade", "close_reason": "another",
}  # fmt: skip

Answer = list[Any]
Way = Callable[["Replay", BookKey, list[Read]], Answer]


@dataclass(frozen=True)
class Scenario:
    """Fills of a book and how they arrive; or `given` that the oracle knows nothing of."""

    name: str
    key: BookKey
    fills: Sequence[Fill]
    way: Way
    given: Sequence[dict[str, Any]] = ()
    bot: str = _BOT


class WrongWithoutMutantError(Exception):
    """The ledger itself does not do what the oracle does."""


class Replay:
    """Scenarios on a database of their own, in autocommit mode."""

    def __init__(self, connection: psycopg.Connection[Any], names: Sequence[str] = ()) -> None:
        """With scenarios of these names, or all."""
        self._connection = connection
        self._bot, self.account_id = _OTHER_BOT, self._registered(_OTHER_BOT)
        # The same ids in another account, which nothing may be taken from.
        for key in (BOOKS[0], *BOOKS[4:]):
            self.one_by_one(key, _read(_described(key, busy_book(key, 6, seed=3))))
        self._bot = _NOBODY
        self.one_by_one(BOOKS[0], _read(_described(BOOKS[0], _neighbour(BOOKS[0]))))
        self._bot, self.account_id = _BOT, self._registered(_BOT)
        for key in _NEIGHBOURS:
            self.one_by_one(key, _read(_described(key, _neighbour(key))))
        self._scenarios = {scenario.name: scenario for scenario in _scenarios() if not names or scenario.name in names}
        self._expected = {name: self._proven(scenario) for name, scenario in self._scenarios.items()}

    def _registered(self, bot: str) -> int:
        named = {"account": f"account of {bot}", "venue": "paper", "environment": "paper", "default_account": "main"}
        account_id: int = self._call("register_bot", {"bot_id": bot, **named})
        instrument = dict.fromkeys(
            ("base_coin", "quote_coin", "settle_coin", "qty_step", "tick_size", "contract_type", "status")
        )
        thousands = {"category": "linear", "symbol": THOUSANDS.symbol, "multiplier": 1000}
        self._call("register_instrument", {"account_id": account_id, "bot_id": bot, **instrument, **thousands})
        return account_id

    @property
    def checks(self) -> dict[str, Callable[[], bool]]:
        """For each scenario whether it ends as it should."""
        return {name: partial(self._is_right, scenario) for name, scenario in self._scenarios.items()}

    def _is_right(self, scenario: Scenario) -> bool:
        # Part by part: most mutants show in the first.
        return all(
            part == expected
            for part, expected in zip(self._played(scenario), self._expected[scenario.name], strict=True)
        )

    def _proven(self, scenario: Scenario) -> Answer:
        with self._connection.transaction(force_rollback=True):
            played = list(self._played(scenario))
            if scenario.fills:
                oracle = OracleLedger()
                oracle.record([(key, fill) for key in _NEIGHBOURS for fill in _neighbour(key)])
                oracle.record([(scenario.key, fill) for fill in scenario.fills])
                if stored_books(self._connection, self.account_id) != expected_books(oracle):
                    raise WrongWithoutMutantError(scenario.name)
        return played

    def _played(self, scenario: Scenario) -> Iterator[Answer]:
        self._bot = scenario.bot
        given = _described(scenario.key, scenario.fills) if scenario.fills else list(scenario.given)
        answers = scenario.way(self, scenario.key, _read(given))
        yield lasting(answers)
        yield self._state()
        yield lasting([self._call("position_as_of", {**self._book(scenario.key), "at": _moment(n)}) for n in _MOMENTS])
        yield [self._refusal(scenario.key, given[0], name, value) for name, value in _OTHERWISE.items()]
        yield self._rebuilt()

    def _state(self) -> Answer:
        rows = self._connection.execute(statement("mutation/state"), {"account_id": self.account_id}).fetchall()
        return sorted(json.dumps([kind, lasting(row)], sort_keys=True) for kind, row in rows)

    def _refusal(self, key: BookKey, given: dict[str, Any], name: str, value: Any) -> Answer:
        """What is answered to a fill that is known already, with one field that differs, alone and in a batch."""
        answers = []
        for way in (self.one_by_one, self.in_batches):
            try:
                with self._connection.transaction(force_rollback=True):
                    answers.append(lasting(way(key, _read([given | {name: value}]))))
            except psycopg.Error as error:
                if (error.sqlstate or "").startswith("42"):
                    raise
                answers.append([error.sqlstate, str(error.diag.message_detail)])
        return answers

    def _rebuilt(self) -> Answer:
        """What derives again what is lost, and finds nothing to do the second time."""
        books = self._connection.execute(statement("mutation/lose"), {"account_id": self.account_id}).fetchall()
        query_of = [{"account_id": self.account_id, "book_id": book_id} for (book_id,) in books]
        return [*(self._call("rebuild_book", book) for book in [*query_of, *query_of]), self._state()]

    def one_by_one(self, key: BookKey, fills: Sequence[Read]) -> Answer:
        """Each in a call of its own, and some of them once more."""
        others = {**self._book(key), "named_bot": None, "effect": None, "announced": None}
        return [self._call("record_fill", {**fill.params, **others}) for fill in [*fills, *fills[::5]]]

    def in_batches(self, key: BookKey, fills: Sequence[Read]) -> Answer:
        """Several in a call, and some of them once more."""
        others = {**self._book(key), "named_bot": None, "announced": None}
        batches = [list(fills[start : start + _BATCH]) for start in range(0, len(fills), _BATCH)]
        return [
            self._call("record_fills", {**others, "fills": dump_fills(batch)}) for batch in [*batches, list(fills[::5])]
        ]

    def closing_only(self, key: BookKey, fills: Sequence[Read]) -> Answer:
        """Each as a fill that may only close, then as one that may only open, and then as it is."""
        answers: Answer = []
        for fill in fills:
            for effect in ("closes", "opens", None):
                others = {**self._book(key), "named_bot": None, "effect": effect, "announced": None}
                try:
                    with self._connection.transaction():
                        answers.append(self._call("record_fill", {**fill.params, **others}))
                except psycopg.Error as error:
                    if not (error.sqlstate or "").startswith("FL"):
                        raise
                    answers.append([error.sqlstate, str(error.diag.message_detail)])
        return answers

    def _book(self, key: BookKey) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "bot_id": self._bot,
            "category": key.instrument.category,
            "symbol": key.instrument.symbol,
            "position_idx": key.position_idx,
        }

    def _call(self, name: str, params: dict[str, Any]) -> Any:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(query(name).encode(), params).fetchone()
        return None if row is None else next(iter(row.values()))


def _scenarios() -> Iterator[Scenario]:
    ways: dict[str, Way] = {
        "one by one": Replay.one_by_one,
        "in batches": Replay.in_batches,
        "one by one, mixed": lambda replay, key, fills: replay.one_by_one(key, _mixed(fills)),
        "in batches, mixed": lambda replay, key, fills: replay.in_batches(key, _mixed(fills)),
    }
    for name, way in ways.items():
        for key in BOOKS:
            if key.position_idx == 0 or "mixed" not in name:
                title = f"{key.instrument.category} {key.position_idx} {key.instrument.symbol}, {name}"
                yield Scenario(title, key, busy_book(key, _COUNT, seed=1), way)
        yield Scenario(f"whole orders, {name}", BOOKS[0], with_whole_orders(BOOKS[0]), way)
        yield Scenario(f"of nobody, {name}", BOOKS[0], busy_book(BOOKS[0], _COUNT, seed=7), way, bot=_NOBODY)
    for name in ("one by one", "in batches", "in batches, mixed"):
        yield Scenario(f"unknown prices, {name}", BOOKS[0], (), ways[name], _without_prices(BOOKS[0]))
    yield Scenario("with funding", BOOKS[0], (), ways["in batches"], _with_funding(BOOKS[0]))
    for key in BOOKS[:1] + BOOKS[3:5]:
        yield Scenario(f"effects {key.instrument.category}", key, busy_book(key, _COUNT, seed=4), Replay.closing_only)


def _neighbour(key: BookKey) -> list[Fill]:
    """Fills of other executions and orders than those that are played."""
    mine = f"n{key.position_idx}"
    return [
        replace(fill, exec_id=f"{mine}-{fill.exec_id}", order_id=fill.order_id and f"{mine}-{fill.order_id}")
        for fill in busy_book(key, 6, seed=8)
    ]


def _without_prices(key: BookKey) -> list[dict[str, Any]]:
    """Some are adjustments whose price nobody knows."""
    given = _described(key, busy_book(key, _COUNT, seed=5))
    return [
        fill | ({"exec_price": None, "exec_type": "Adjustment"} if n % 4 == 1 else {}) for n, fill in enumerate(given)
    ]


def _with_funding(key: BookKey) -> list[dict[str, Any]]:
    given = _described(key, busy_book(key, _COUNT, seed=6))
    return [fill | ({"exec_type": "Funding"} if n % 5 == 2 else {}) for n, fill in enumerate(given)]


def _described(key: BookKey, fills: Sequence[Fill]) -> list[dict[str, Any]]:
    """Fills with everything that is shown of them."""
    return [
        given if given["exec_id"] is None else given | {"client_order_id": f"c-{n}", "close_reason": f"r{n}"}
        for n, given in enumerate(arguments(key, fill) for fill in fills)
    ]


def _read(given: Sequence[dict[str, Any]]) -> list[Read]:
    return [read_mapping(n, fill, "linear") for n, fill in enumerate(given)]


def with_whole_orders(key: BookKey) -> list[Fill]:
    """A busy book whose orders are known as a whole too: their executions cover them, or leave something."""
    fills = [
        fill if fill.order_id is None else replace(fill, order_id=f"{fill.order_id}-{fill.side}")
        for fill in busy_book(key, _COUNT, seed=2)
    ]
    wholes = []
    for number, order in enumerate(sorted({fill.order_id for fill in fills if fill.order_id})):
        executions = [fill for fill in fills if fill.order_id == order]
        qty = sum((fill.qty for fill in executions), Fraction(0)) + number % 3
        wholes.append(replace(executions[0], exec_id=f"order:{order}", qty=qty, commission=Fraction(7, 10**18), seq=0))
    return sorted([*fills, *wholes], key=lambda fill: fill.order)


def _mixed(fills: Sequence[Read]) -> list[Read]:
    return random.Random(6).sample(list(fills), len(fills))


def _moment(second: int) -> Any:
    return START + timedelta(seconds=second)
