"""A random life of a ledger beside the oracle: what each accepts, refuses and answers must agree at every step.

Here is what holds at every moment and how things are delivered; what may happen is in `machine_fills` and
`machine_sequence`.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar
from uuid import uuid4

import psycopg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from ledger import (
    ConflictingFillError,
    InsufficientPositionError,
    InvalidInputError,
    LedgerClient,
    LedgerError,
    Position,
)
from tests.clients import KINDS, open_client
from tests.invariants import check_invariants
from tests.oracle import Book, Fill, HedgeRuleBrokenError
from tests.oracle_ledger import BookKey, ConflictError, OracleLedger, RefusedFeeError
from tests.snapshots import snapshot
from tests.stored import expected_books, stored_books
from tests.strategies import BOOKS, THOUSANDS
from tests.translation import arguments, book_filter, conflicting_fields

Delivery = tuple[BookKey, Fill]
REFUSALS: dict[type[Exception], type[LedgerError]] = {
    ConflictError: ConflictingFillError,
    HedgeRuleBrokenError: InsufficientPositionError,
    RefusedFeeError: InvalidInputError,
}


@dataclass(frozen=True)
class Surroundings:
    """What the machine runs on."""

    database_url: str
    redis_url: str
    connection: psycopg.Connection[Any]


class Machine(RuleBasedStateMachine):
    """One account, a few books of one bot, and another bot that sees the same executions."""

    around: ClassVar[Surroundings]

    def __init__(self) -> None:
        super().__init__()
        self.oracle = OracleLedger()
        self.stack = ExitStack()
        self.order_sides: dict[str, str] = {}

    @initialize(kinds=st.permutations(KINDS), keys=st.sets(st.sampled_from(BOOKS), min_size=1, max_size=3))
    def open(self, kinds: Sequence[str], keys: set[BookKey]) -> None:
        name = uuid4().hex
        self.client, self.other = (self._client(kind, f"bot{n}-{name}", name) for n, kind in enumerate(kinds))
        self.account_id = self.client.register()
        assert self.other.register() == self.account_id
        self.client.register_instrument(THOUSANDS.symbol, multiplier=1000)
        self.keys = sorted(keys, key=BOOKS.index)

    def _client(self, kind: str, bot_id: str, name: str) -> LedgerClient:
        options = {"database_url": self.around.database_url, "redis_url": self.around.redis_url}
        return self.stack.enter_context(open_client(kind, bot_id, account=f"machine-{name}", **options))

    def teardown(self) -> None:
        self.stack.close()

    @property
    def has_fills(self) -> bool:
        return bool(self.oracle.journal)

    # How things are delivered

    def deliver_one(self, key: BookKey, fill: Fill, client: LedgerClient | None = None) -> None:
        bot = client or self.client
        expected, results = self.deliver([(key, fill)], lambda: [bot.record_fill(**arguments(key, fill))])
        assert [result.duplicate for result in results] == expected

    def deliver_many(self, deliveries: Sequence[Delivery]) -> None:
        given = [arguments(key, fill) for key, fill in deliveries]
        expected, results = self.deliver(deliveries, lambda: self.client.record_fills(given))
        assert [result.duplicate for result in results] == expected

    def deliver(self, deliveries: Sequence[Delivery], call: Callable[[], Any]) -> tuple[list[bool], Any]:
        """Whether each was known before, and what the call answered; nothing for a refused call.

        Each book takes its fills all or none; one that refuses does not keep the others from taking theirs.
        """
        before = snapshot(self.around.connection, self.account_id)
        refusals: list[Exception] = []
        duplicates: dict[BookKey, list[bool]] = {}
        for key in sorted({key for key, _ in deliveries}, key=BOOKS.index):
            its_own = [one for one in deliveries if one[0] == key]
            reasons = self.oracle.refusals(its_own)
            if reasons:
                refusals += reasons
            else:
                duplicates[key] = self.oracle.record(its_own)
        nothing_new = all(all(answers) for answers in duplicates.values())
        answer: Any = []
        if refusals:
            self._refused_by_one_of(refusals, call)
            expected = []
        else:
            answer = call()
            expected = [duplicates[key].pop(0) for key, _ in deliveries]
        if nothing_new:
            assert snapshot(self.around.connection, self.account_id) == before
        return expected, answer

    def _refused_by_one_of(self, refusals: list[Exception], call: Callable[[], Any]) -> None:
        with pytest.raises(LedgerError) as caught:
            call()
        matching = [one for one in refusals if isinstance(caught.value, REFUSALS[type(one)])]
        assert matching, f"{caught.value!r} instead of {refusals}"
        if isinstance(caught.value, ConflictingFillError):
            named = [conflicting_fields(one.fields) for one in matching if isinstance(one, ConflictError)]
            assert set(caught.value.fields) in named

    def refused(self, call: Callable[[], Any]) -> LedgerError:
        """The error of a call that must leave every table as it was."""
        before = snapshot(self.around.connection, self.account_id)
        with pytest.raises(LedgerError) as caught:
            call()
        assert snapshot(self.around.connection, self.account_id) == before
        return caught.value

    # What holds at every moment

    @invariant()
    def tables_are_the_oracles(self) -> None:
        if hasattr(self, "account_id"):
            assert stored_books(self.around.connection, self.account_id) == expected_books(self.oracle)

    @invariant()
    def invariants_hold(self) -> None:
        if hasattr(self, "account_id"):
            check_invariants(self.around.connection, self.account_id)

    @invariant()
    def positions_are_read_right(self) -> None:
        if hasattr(self, "account_id"):
            for key in self.keys:
                self.same_position(self.oracle.book(key), self.client.get_position(**book_filter(key)))

    def same_position(self, book: Book, position: Position) -> None:
        assert position.side == book.side
        assert Fraction(position.total_qty) == book.size
        assert position.avg_entry_price is not None
        assert Fraction(position.avg_entry_price) == book.average
        assert position.entries == len(book.open_lots)
        assert Fraction(position.open_commission) == book.open_commission
        assert Fraction(position.realized_pnl) == book.realized_net
        assert Fraction(position.dust_qty) == book.dust
