"""Books in which much happens are what the oracle makes of them, whichever way their fills arrive."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from tests import oracle
from tests.busy_books import busy_book
from tests.oracle import Fill
from tests.oracle_ledger import BookKey, OracleLedger, is_order_level
from tests.stored import expected_books, stored_books
from tests.strategies import BOOKS, START, THOUSANDS
from tests.translation import arguments, book_filter

Given = list[dict[str, Any]]
COUNT = 26


def one_by_one(client: LedgerClient, given: Given) -> None:
    for fill in given:
        client.record_fill(**fill)


def in_batches(client: LedgerClient, given: Given) -> None:
    for start in range(0, len(given), 9):
        client.record_fills(given[start : start + 9])


def one_by_one_in_any_order(client: LedgerClient, given: Given) -> None:
    one_by_one(client, random.Random(5).sample(given, len(given)))


def in_batches_in_any_order(client: LedgerClient, given: Given) -> None:
    in_batches(client, random.Random(6).sample(given, len(given)))


IN_ORDER = (one_by_one, in_batches)
WAYS = (*IN_ORDER, one_by_one_in_any_order, in_batches_in_any_order)


def detailed(key: BookKey, fill: Fill) -> dict[str, Any]:
    """A fill with everything that a trade shows of it."""
    return arguments(key, fill) | {"close_reason": f"reason {fill.exec_id}", "client_order_id": f"c-{fill.exec_id}"}


@pytest.fixture
def client(shared_database_url: str, make_account: Callable[[], str]) -> LedgerClient:
    account = make_account()
    return LedgerClient(f"bot-{account}", account=account, database_url=shared_database_url)


def check(client: LedgerClient, database_url: str, key: BookKey, fills: Sequence[Fill]) -> None:
    ledger = OracleLedger()
    ledger.record([(key, fill) for fill in fills])
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        assert stored_books(connection, client.register()) == expected_books(ledger)
    expected = ledger.book(key)
    trades = client.get_completed_trades(**book_filter(key))
    assert len(trades) == len(expected.trades)
    for trade, right in zip(trades, expected.trades, strict=True):
        assert details(trade) == details_of(right)
    for second in range(-1, COUNT // 4 + 2):
        moment = START + timedelta(seconds=second)
        then = oracle.derive(key.instrument, key.position_idx, [f for f in ledger.counted(key) if f.time <= moment])
        assert position(client.position_as_of(at=moment, **book_filter(key))) == position_of(then)


def details(trade: Any) -> tuple[Any, ...]:
    return (
        trade.exit_reason, trade.entry_order_id, trade.exit_order_id, trade.entry_client_order_id,
        trade.exit_client_order_id, trade.entry_time, trade.exit_time, trade.holding_seconds,
    )  # fmt: skip


def details_of(trade: oracle.Trade) -> tuple[Any, ...]:
    entry, end = trade.entry, trade.exit
    seconds = Decimal((end.time - entry.time).total_seconds())
    return (
        f"reason {end.exec_id}", entry.order_id, end.order_id, f"c-{entry.exec_id}", f"c-{end.exec_id}", entry.time,
        end.time, seconds,
    )  # fmt: skip


def position(answer: Any) -> tuple[Any, ...]:
    average = answer.avg_entry_price
    return (
        answer.side, Fraction(answer.total_qty), None if average is None else Fraction(average), answer.entries,
        answer.first_entry_time, answer.last_entry_time, Fraction(answer.open_commission),
        Fraction(answer.realized_pnl), Fraction(answer.dust_qty),
    )  # fmt: skip


def position_of(book: oracle.Book) -> tuple[Any, ...]:
    times: list[datetime | None] = [lot.fill.time for lot in book.open_lots]
    first, last = (times[0], times[-1]) if times else (None, None)
    return (
        book.side, book.size, book.average, len(times), first, last, book.open_commission, book.realized_net, book.dust,
    )  # fmt: skip


@pytest.mark.parametrize("record", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("key", BOOKS, ids=lambda key: f"{key.instrument.category}{key.position_idx}")
def test_busy_book(
    key: BookKey, record: Callable[[LedgerClient, Given], None], client: LedgerClient, shared_database_url: str
) -> None:
    if key.position_idx and record not in IN_ORDER:
        pytest.skip("a leg's close is refused before what it closes")
    fills = busy_book(key, COUNT, seed=1)
    with client:
        client.register_instrument(THOUSANDS.symbol, multiplier=1000)
        record(client, [detailed(key, fill) for fill in fills])
        check(client, shared_database_url, key, fills)


@pytest.mark.parametrize("record", WAYS, ids=lambda way: way.__name__)
def test_whole_orders_among_their_executions(
    record: Callable[[LedgerClient, Given], None], client: LedgerClient, shared_database_url: str
) -> None:
    """Of each order that has executions its whole is known as well; they cover it, or leave something."""
    key, fills = BOOKS[0], []
    sides: dict[str, list[Fill]] = {}
    for fill in busy_book(key, COUNT, seed=2):
        same = sides.setdefault(f"{fill.order_id} {fill.side}", [])
        same.append(fill)
        fills.append(fill if fill.order_id is None else replace(fill, order_id=f"{fill.order_id}-{fill.side}"))
    for number, order in enumerate(sorted({fill.order_id for fill in fills if fill.order_id})):
        executions = [fill for fill in fills if fill.order_id == order]
        qty = sum((fill.qty for fill in executions), Fraction(0)) + number % 3
        whole = replace(executions[0], exec_id=f"order:{order}", qty=qty, commission=Fraction(7, 10**18), seq=0)
        fills.append(whole)
    given = [arguments(key, fill) for fill in sorted(fills, key=lambda fill: fill.order)]
    with client:
        record(client, given)
        ledger = OracleLedger()
        ledger.record([(key, fill) for fill in fills])
        assert any(is_order_level(fill) for fill in ledger.counted(key))
        with psycopg.connect(to_conninfo(shared_database_url), autocommit=True) as connection:
            assert stored_books(connection, client.register()) == expected_books(ledger)
