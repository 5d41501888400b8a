"""What may happen to a ledger through the four calls that existing bots make one after the other."""

from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger import EntryNotFoundError, InsufficientPositionError
from tests.exact import decimal
from tests.machine import Machine
from tests.oracle import ZERO, Fill
from tests.oracle_ledger import BookKey, OracleLedger, order_level_id
from tests.statements import statement
from tests.strategies import BOOKS, fills

_OPPOSITE = {"Buy": "Sell", "Sell": "Buy"}
ORDERS = st.sampled_from(["w1", "w2", "w3"])


class SequenceMachine(Machine):
    """`write_fill`, `create_position_entry`, `close_position_fifo`, `update_position_redis`, in any order."""

    @property
    def one_way(self) -> list[BookKey]:
        """The books that these calls can name."""
        return [key for key in self.keys if key.instrument.category == "linear" and key.position_idx == 0]

    def what_a_bot_says(self, data: st.DataObject, name: str) -> tuple[BookKey, Fill]:
        """A fill of a whole order as these calls tell it, sometimes as it was told before."""
        key = data.draw(st.sampled_from(self.one_way))
        order = f"{name}-{BOOKS.index(key)}"
        side = self.order_sides.setdefault(order, data.draw(st.sampled_from(["Buy", "Sell"])))
        known = self.oracle.journal.get((key.instrument.category, order_level_id(order)))
        if known is not None and data.draw(st.booleans()):
            return known
        fill = data.draw(fills(key, order_level_id(order), side, order))
        return key, replace(fill, seq=0, commission_asset=key.instrument.settle)

    def is_booked(self, key: BookKey, fill: Fill) -> bool:
        return any(one.order_id == fill.order_id for one in self.oracle.counted(key))

    @precondition(lambda self: bool(self.one_way))
    @rule(data=st.data(), name=ORDERS)
    def write_fill(self, data: st.DataObject, name: str) -> None:
        key, fill = self.what_a_bot_says(data, name)
        numbers = decimal(fill.price), decimal(fill.qty)
        fee = decimal(fill.commission)

        def call() -> int:
            return self.client.write_fill(
                key.instrument.symbol, fill.side, *numbers, str(fill.order_id), None, None, fee, fill.time
            )

        expected, fill_id = self.deliver([(key, fill)], call)
        if expected:
            assert isinstance(fill_id, int)
            assert call() == fill_id

    @precondition(lambda self: bool(self.one_way))
    @rule(data=st.data(), name=ORDERS)
    def create_position_entry(self, data: st.DataObject, name: str) -> None:
        key, fill = self.what_a_bot_says(data, name)
        numbers = decimal(fill.price), decimal(fill.qty)

        def call() -> int:
            fee = decimal(fill.commission)
            return self.client.create_position_entry(
                key.instrument.symbol, *numbers, fill.time, fill.order_id, commission=fee
            )

        after = deepcopy(self.oracle)
        if not self.is_booked(key, fill):
            after.record([(key, replace(fill, side="Buy"))])
        opened = [lot.fill.exec_id for lot in after.book(key).lots if lot.fill.order_id == fill.order_id]
        if opened:
            self.oracle = after
            assert self.name_of(call()) == opened[0]
            return
        assert isinstance(self.refused(call), EntryNotFoundError)

    def name_of(self, entry_id: int) -> str:
        found = self.around.connection.execute(
            statement("entry_name"), {"account_id": self.account_id, "entry_id": entry_id}
        ).fetchone()
        assert found is not None
        return str(found[0])

    @precondition(lambda self: bool(self.one_way))
    @rule(data=st.data(), name=ORDERS)
    def close_position_fifo(self, data: st.DataObject, name: str) -> None:
        key, fill = self.what_a_bot_says(data, name)
        numbers = decimal(fill.price), decimal(fill.qty)

        def call() -> list[Any]:
            fee = decimal(fill.commission)
            return self.client.close_position_fifo(key.instrument.symbol, *numbers, fill.time, "tp", fill.order_id, fee)

        closable = self.closable(key, fill)
        if closable < fill.qty:
            error = self.refused(call)
            assert isinstance(error, InsufficientPositionError)
            assert (Fraction(error.need), Fraction(error.have)) == (fill.qty, closable)
            return
        if not self.is_booked(key, fill):
            self.oracle.record([(key, self.closing(key, fill))])
        trades = [trade for trade in self.oracle.book(key).trades if trade.exit.order_id == fill.order_id]
        for _ in range(2):
            answer = call()
            assert [Fraction(trade.quantity) for trade in answer] == [trade.qty for trade in trades]
            assert [Fraction(trade.net_pnl) for trade in answer] == [trade.net for trade in trades]

    def closing(self, key: BookKey, fill: Fill) -> Fill:
        return replace(fill, side=_OPPOSITE[self.oracle.book(key).side])

    def closable(self, key: BookKey, fill: Fill) -> Fraction:
        """How much of its quantity the fill closes, or has closed."""
        book = self.oracle.book(key)
        if not self.is_booked(key, fill):
            if book.side == "None":
                return ZERO
            # Of what is open now, and of what was open at the time of the fill.
            if book.size < fill.qty:
                return book.size
            candidate = OracleLedger(dict(self.oracle.journal))
            candidate.record([(key, self.closing(key, fill))])
            book = candidate.book(key)
        return sum((trade.qty for trade in book.trades if trade.exit.order_id == fill.order_id), ZERO)

    @precondition(lambda self: bool(self.one_way))
    @rule(data=st.data(), size=st.integers(0, 9), unrealized=st.integers(-9, 9))
    def update_position_redis(self, data: st.DataObject, size: int, unrealized: int) -> None:
        key = data.draw(st.sampled_from(self.one_way))
        symbol, book = key.instrument.symbol, self.oracle.book(key)
        self.client.update_position_redis(symbol, size, "Buy", 100, unrealized)
        cached = self.client.get_position_redis(symbol)
        assert (cached["side"], Fraction(cached["size"])) == (book.side, book.size)
        assert Fraction(cached["unrealized_pnl"]) == unrealized
