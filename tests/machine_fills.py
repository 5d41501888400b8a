"""What may happen to a ledger through `record_fill` and `record_fills`, and what it answers to questions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger import ConflictingFillError, InvalidInputError
from tests.machine import Delivery, Machine
from tests.oracle import derive
from tests.oracle_ledger import BookKey, Cash, is_order_level, order_level_id
from tests.snapshots import snapshot
from tests.statements import statement
from tests.strategies import BOOKS, START, exec_ids, fills
from tests.translation import arguments, book_filter, cash_arguments

BAD_VALUES: dict[str, Sequence[Any]] = {
    "exec_qty": (0, -1, "NaN", float("inf"), None, "one", True),
    "exec_price": (-1, "NaN", float("-inf"), "", None),
    "commission": ("NaN", float("inf"), None),
    "exec_time": (datetime(2026, 1, 1), None, "2026-01-01"),  # noqa: DTZ001 - naive on purpose
    "side": ("buy", "", None, "None"),
    "symbol": ("", None, " BTCUSDT"),
    "position_idx": (3, -1, None, "0"),
    "exec_type": ("Unheard", None),
    "seq": (-1, "1", 1.5),
}
# Only the bot itself says of orders of the last two that they were filled as a whole: see `machine_sequence`.
ORDERS = ("o1", "o2", "w1", "w2")


class FillsMachine(Machine):
    """Executions in any order and number, order-level fills, batches, cash, wrong input, readers."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.paid_at: dict[str, datetime] = {}

    def new_id(self, data: st.DataObject) -> str:
        self.number += 1
        return data.draw(exec_ids(self.number))

    def any_known(self, data: st.DataObject) -> Delivery:
        return data.draw(st.sampled_from(list(self.oracle.journal.values())))

    @rule(data=st.data())
    def one_fill(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.keys))
        self.deliver_one(key, data.draw(fills(key, self.new_id(data))))

    @rule(data=st.data(), name=st.sampled_from(ORDERS), count=st.integers(1, 5), whole_at=st.integers(-2, 3))
    def an_order_in_parts(self, data: st.DataObject, name: str, count: int, whole_at: int) -> None:
        key = data.draw(st.sampled_from(self.keys))
        order = f"{name}-{BOOKS.index(key)}"
        side = self.order_sides.setdefault(order, data.draw(st.sampled_from(["Buy", "Sell"])))
        for number in range(count):
            if number == max(whole_at, 0) and name[0] == "o":
                fill = data.draw(fills(key, order_level_id(order), side, order))
                # Large enough for several executions to leave a rest of it.
                fill = replace(fill, qty=fill.qty * data.draw(st.sampled_from([8, 1])))
            else:
                fill = data.draw(fills(key, self.new_id(data), side, order))
            # Whoever brings it: an execution belongs to the bot that wrote the order.
            is_known = any(known.order_id == order for _, known in self.oracle.journal.values())
            self.deliver_one(key, fill, self.other if is_known and data.draw(st.booleans()) else self.client)
            self.tables_are_the_oracles()

    @rule(data=st.data(), count=st.integers(1, 5))
    def many_fills(self, data: st.DataObject, count: int) -> None:
        deliveries = []
        for _ in range(count):
            key = data.draw(st.sampled_from(self.keys))
            deliveries.append((key, data.draw(fills(key, self.new_id(data)))))
        again = [*deliveries, *self.oracle.journal.values()]
        deliveries += data.draw(st.lists(st.sampled_from(again), max_size=2))
        self.deliver_many(data.draw(st.permutations(deliveries)))

    @rule(data=st.data(), name=st.sampled_from(ORDERS[:2]), whole=st.booleans(), count=st.integers(1, 3))
    def many_fills_of_an_order(self, data: st.DataObject, name: str, whole: bool, count: int) -> None:
        key = data.draw(st.sampled_from(self.keys))
        order = f"{name}-{BOOKS.index(key)}"
        side = self.order_sides.setdefault(order, data.draw(st.sampled_from(["Buy", "Sell"])))
        ids = [self.new_id(data) for _ in range(count)] + [order_level_id(order)] * whole
        deliveries = [(key, data.draw(fills(key, exec_id, side, order))) for exec_id in ids]
        self.deliver_many(data.draw(st.permutations(deliveries)))

    @precondition(lambda self: self.has_fills)
    @rule(data=st.data(), by_other=st.booleans())
    def repetition(self, data: st.DataObject, by_other: bool) -> None:
        self.deliver_one(*self.any_known(data), self.other if by_other else self.client)

    @precondition(lambda self: self.has_fills)
    @rule()
    def everything_again(self) -> None:
        self.deliver_many(list(self.oracle.journal.values()))

    @precondition(lambda self: self.has_fills)
    @rule(data=st.data(), batch=st.booleans())
    def conflict(self, data: st.DataObject, batch: bool) -> None:
        key, fill = self.any_known(data)
        other = data.draw(fills(key, fill.exec_id, fill.side, fill.order_id))
        field = data.draw(st.sampled_from(["price", "qty", "time", "commission", "commission_asset", "side"]))
        value = getattr(other, field)
        if field == "side":
            value = "Sell" if fill.side == "Buy" else "Buy"
        changed = replace(fill, **{field: value})
        if batch:
            new = data.draw(fills(key, self.new_id(data)))
            self.deliver_many([(key, new), (key, changed)])
        else:
            self.deliver_one(key, changed)

    @precondition(lambda self: self.has_fills)
    @rule(data=st.data())
    def known_id_in_another_book(self, data: st.DataObject) -> None:
        _, fill = self.any_known(data)
        if not is_order_level(fill):
            key = data.draw(st.sampled_from(self.keys))
            self.deliver_one(key, data.draw(fills(key, fill.exec_id)))

    @rule(data=st.data(), field=st.sampled_from(sorted(BAD_VALUES)), batch=st.booleans())
    def refused_input(self, data: st.DataObject, field: str, batch: bool) -> None:
        key = data.draw(st.sampled_from(self.keys))
        good = arguments(key, data.draw(fills(key, self.new_id(data))))
        bad = good | {"exec_id": f"bad{self.number}", field: data.draw(st.sampled_from(BAD_VALUES[field]))}
        call = (lambda: self.client.record_fills([good, bad])) if batch else lambda: self.client.record_fill(**bad)
        error = self.refused(call)
        assert isinstance(error, InvalidInputError)
        assert error.field == (f"fills[1].{field}" if batch else field)

    def new_cash(self, data: st.DataObject, key: BookKey, cents: int) -> Cash:
        cash = Cash(f"funding{self.new_id(data)}", Fraction(cents, 100), key.instrument.settle)
        self.paid_at[cash.exec_id] = START + timedelta(hours=self.number)
        return cash

    @rule(data=st.data(), cents=st.integers(-500, 500))
    def funding(self, data: st.DataObject, cents: int) -> None:
        key = data.draw(st.sampled_from(self.keys))
        self.pay(key, self.new_cash(data, key, cents))

    @precondition(lambda self: bool(self.oracle.cash))
    @rule(data=st.data(), more=st.integers(0, 1))
    def funding_again(self, data: st.DataObject, more: int) -> None:
        key, cash = data.draw(st.sampled_from(list(self.oracle.cash.values())))
        self.pay(key, replace(cash, amount=cash.amount + more))

    @rule(data=st.data(), cents=st.integers(-500, 500), fill_first=st.booleans())
    def funding_beside_a_fill(self, data: st.DataObject, cents: int, fill_first: bool) -> None:
        key = data.draw(st.sampled_from(self.keys))
        fill, cash = data.draw(fills(key, self.new_id(data))), self.new_cash(data, key, cents)
        given = [cash_arguments(key, cash, self.paid_at[cash.exec_id]), arguments(key, fill)]
        call = lambda: self.client.record_fills(given[::-1] if fill_first else given)  # noqa: E731
        if self.deliver([(key, fill)], call)[0]:
            self.oracle.record_cash(key, cash)

    def pay(self, key: BookKey, cash: Cash) -> None:
        given = cash_arguments(key, cash, self.paid_at[cash.exec_id])
        duplicate = self.oracle.record_cash(key, cash)
        if duplicate is None:
            error = self.refused(lambda: self.client.record_fill(**given))
            assert isinstance(error, ConflictingFillError)
            assert set(error.fields) == {"commission"}
        else:
            before = snapshot(self.around.connection, self.account_id)
            assert self.client.record_fill(**given).duplicate == duplicate
            assert (snapshot(self.around.connection, self.account_id) == before) == duplicate

    @rule(data=st.data(), second=st.integers(-1, 31))
    def position_as_of(self, data: st.DataObject, second: int) -> None:
        key = data.draw(st.sampled_from(self.keys))
        moment = START + timedelta(seconds=second)
        until_then = [fill for fill in self.oracle.counted(key) if fill.time <= moment]
        book = derive(key.instrument, key.position_idx, until_then)
        self.same_position(book, self.client.position_as_of(at=moment, **book_filter(key)))

    @precondition(lambda self: self.has_fills)
    @rule()
    def what_the_client_reads(self) -> None:
        for key in self.keys:
            book, named = self.oracle.book(key), book_filter(key)
            lots = self.client.get_open_position_entries(**named)
            assert [Fraction(lot.remaining_qty) for lot in lots] == [lot.remaining for lot in book.open_lots]
            trades = self.client.get_completed_trades(**named)
            assert [Fraction(trade.net_pnl or 0) for trade in trades] == [trade.net for trade in book.trades]
            pnl = self.client.realized_pnl(**named)
            assert Fraction(pnl.gross or 0) == book.realized_gross
            assert Fraction(pnl.net or 0) == book.realized_net - self.oracle.paid(key)
            summary = self.client.get_current_position_summary(**named)
            assert (summary is None) == (book.side == "None")
            if summary is not None:
                self.same_position(book, summary)

    @precondition(lambda self: self.has_fills)
    @rule()
    def verification(self) -> None:
        found = self.around.connection.execute(statement("verify_account"), {"account_id": self.account_id})
        assert found.fetchall() == []
