"""No call reads a whole table, whatever the planner knows of the tables."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from ledger.database import Query
from ledger.database.url import to_conninfo
from ledger.operations import bots, reading, recording, sequence
from ledger.session import Operation, Session
from tests.fills import SYMBOL, fill, moment
from tests.full_tables import Measured, fill_tables, measured
from tests.servers import Servers, create_database, drop_database
from tests.statements import statement

Calls = Mapping[str, Callable[[Session], list[Operation[Any]]]]
_DEEP, _OPEN, _CLOSED = 10, 4000, 3000  # 100 000 fills, 70 000 lots, 30 000 trades
_BOT = "bot-5"
_GROWTH, _MARGIN = 2000, 30  # fills; rows that other plans may read with an index of another order


def step(session: Session, name: str, **params: Any) -> Operation[Any]:
    return (yield Query(name, {"account_id": session.account_id, **params}))


def book(session: Session, name: str, **params: Any) -> Operation[Any]:
    return step(session, name, book_id=5, **params)


def batch(session: Session, *fills: Any) -> Operation[Any]:
    return recording.record_fills(session, list(fills))


LATE = {"exec_time": moment(-100_000), "side": "Buy"}
READS: Calls = {
    "position": lambda s: [reading.get_position(s, SYMBOL)],
    "position of nothing, of something": lambda s: [
        reading.get_position(s, "NONEUSDT"),
        reading.get_position(s, SYMBOL),
    ],
    "position summary": lambda s: [reading.get_current_position_summary(s, SYMBOL)],
    "open lots": lambda s: [reading.get_open_position_entries(s, SYMBOL)],
    "open lots of all symbols": lambda s: [reading.get_open_position_entries(s)],
    "trades": lambda s: [reading.get_completed_trades(s, SYMBOL, limit=10)],
    "trades of all symbols": lambda s: [reading.get_completed_trades(s)],
    "trades of a time": lambda s: [reading.get_completed_trades(s, SYMBOL, moment(-100_000), moment(0))],
    "position as of": lambda s: [reading.position_as_of(s, SYMBOL, moment(-85_000))],
    "position as of now": lambda s: [reading.position_as_of(s, SYMBOL, moment(0))],
    "P&L": lambda s: [reading.realized_pnl(s, SYMBOL)],
    "P&L of all symbols": lambda s: [reading.realized_pnl(s)],
    "P&L of a time": lambda s: [reading.realized_pnl(s, SYMBOL, moment(-100_000), moment(0))],
    "positions of books": lambda s: [step(s, "positions_of_books", book_ids=[3, 5])],
    "verify": lambda s: [book(s, "verify_book", limit=10)],
    "state of a book": lambda s: [book(s, "book_state")],
}
WRITES: Calls = {
    "first fill": lambda s: [recording.record_fill(s, **fill("e1", symbol="NEWUSDT"))],
    "entry": lambda s: [recording.record_fill(s, **fill("e1", order_id="o1"))],
    "close": lambda s: [recording.record_fill(s, **fill("e1", "Sell", "3.5", order_id="o1"))],
    "flip": lambda s: [recording.record_fill(s, **fill("e1", "Sell", _OPEN + 1))],
    "late fill": lambda s: [recording.record_fill(s, **{**fill("e1", qty=2), **LATE})],
    "fill a little late": lambda s: [*trading(s), recording.record_fill(s, **fill("e1", at=1))],
    "close a little late": lambda s: [*trading(s), recording.record_fill(s, **fill("e1", "Sell", "1.5", at=1))],
    "batch a little late": lambda s: [*trading(s), batch(s, fill("e1", at=1), fill("e2", "Sell", at=2))],
    "again": lambda s: [recording.record_fill(s, **known())],
    "funding": lambda s: [recording.record_fill(s, **fill("f1", commission=1, exec_type="Funding"))],
    "client order id": lambda s: [recording.record_fill(s, **fill("e1", client_order_id="x-1"))],
    "batch": lambda s: [batch(s, *few())],
    "late batch": lambda s: [batch(s, *({**given, "exec_time": moment(-85_000 + n)} for n, given in enumerate(few())))],
    "batch again": lambda s: [batch(s, known(), known(7))],
    "order-level fill": lambda s: [recording.record_fill(s, **fill(None, order_id="o1"))],
    "execution of an order": lambda s: [
        recording.record_fill(s, **fill(None, qty=2, order_id="o1")),
        recording.record_fill(s, **fill("e1", qty=1, order_id="o1", at=1)),
    ],
    "old calls, entry": lambda s: [
        sequence.write_fill(s, SYMBOL, "Buy", 100, 1, "o1", None, None, 0, moment(0)),
        sequence.create_position_entry(s, SYMBOL, 100, 1, moment(0), "o1"),
    ],
    "old calls, exit": lambda s: [
        sequence.write_fill(s, SYMBOL, "Sell", 100, 1, "o1", None, None, 0, moment(0)),
        sequence.close_position_fifo(s, SYMBOL, 100, 1, moment(0), "tp", "o1"),
    ],
    "old calls without orders": lambda s: [
        sequence.create_position_entry(s, SYMBOL, 100, 1, moment(0)),
        sequence.close_position_fifo(s, SYMBOL, 100, 1, moment(1), "tp"),
    ],
    "heartbeat": lambda s: [bots.heartbeat(s)],
    "equity": lambda s: [bots.update_equity(s, 1000)],
    "rewind": lambda s: [book(s, "import_rewind", exec_time=moment(-85_000), seq=0, exec_id="e1")],
    "rebuild": lambda s: [book(s, "rebuild_book")],
}


def trading(session: Session) -> list[Operation[Any]]:
    """What a fill that comes a little late comes after."""
    return [
        recording.record_fill(session, **fill("l1", at=3)),
        recording.record_fill(session, **fill("l2", "Sell", "1.5", at=5)),
    ]


def known(number: int = 5) -> dict[str, Any]:
    """An execution that the tables hold."""
    exec_id = f"{_BOT}-{number}"
    at = moment(0).replace(month=1, day=1, hour=0, minute=0, second=number)
    return {**fill(exec_id, commission="0.1", order_id=f"order-{exec_id}"), "exec_time": at}


def few() -> list[dict[str, Any]]:
    return [fill(f"e{n}", side, 2, at=n, order_id=f"o{n}") for n, side in enumerate(["Buy", "Sell", "Sell", "Buy"])]


@contextmanager
def filled(name: str, servers: Servers, template: str, how: str | None, **sizes: int) -> Iterator[str]:
    """A database with such tables, behind a statement of tests/sql/plans, if any."""
    drop_database(servers.admin_url, name)
    url = create_database(servers.admin_url, name, template)
    fill_tables(url, deep=_DEEP, **sizes)
    if how is not None:
        with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
            connection.execute(statement(f"plans/{how}"))
    yield url
    drop_database(servers.admin_url, name)


@pytest.fixture(scope="module", params=["analyzed", "not analyzed"])
def full_database(request: pytest.FixtureRequest, servers: Servers, template_database: str) -> Iterator[str]:
    name = f"fifoledger_full_{request.param.replace(' ', '_')}"
    how = "analyze" if request.param == "analyzed" else None
    with filled(name, servers, template_database, how, open=_OPEN, closed=_CLOSED) as url:
        yield url


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
def calls(request: pytest.FixtureRequest, full_database: str) -> Iterator[Measured]:
    with measured(full_database, _BOT, request.param) as found:
        yield found


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_no_table_is_read_as_a_whole(name: str, calls: Measured) -> None:
    _, touched = calls.run(*{**READS, **WRITES}[name](calls.session))
    assert touched, "nothing was measured"
    assert {table: found for table, found in touched.items() if found.seq_scans} == {}


@pytest.fixture(scope="module", params=["force_custom_plan", "force_generic_plan"])
def young(request: pytest.FixtureRequest, servers: Servers, template_database: str) -> Iterator[tuple[str, Measured]]:
    """A ledger with a few rows and no statistics, and a connection whose plans are made while it is so."""
    name = f"fifoledger_young_{request.param}"
    with (
        filled(name, servers, template_database, "no_autovacuum", open=3, closed=2, idle=_DEEP) as url,
        measured(url, _BOT, request.param) as calls,
    ):
        yield url, calls


def test_plans_made_while_the_tables_were_small_read_no_more_later(young: tuple[str, Measured]) -> None:
    url, calls = young
    # The calls of older bots look for what they have booked in a view, whose joins are the planner's to choose.
    everything = {name: call for name, call in {**READS, **WRITES}.items() if not name.startswith("old calls")}
    before = {name: calls.run(*everything[name](calls.session))[1] for name in everything}
    grow(url)
    read: dict[tuple[str, str], tuple[int, int]] = {}
    for name, first in before.items():
        for table, found in calls.run(*everything[name](calls.session))[1].items():
            small = first[table].rows_read if table in first else 0
            if found.rows_read > small + _MARGIN:
                read[name, table] = (small, found.rows_read)
    assert read == {}, "more is read since there is more"


def grow(url: str) -> None:
    """Another bot of the account trades, in many books."""
    sides = ["Buy", "Buy", "Sell"]
    with LedgerClient("bot-6", account="account-1", database_url=url) as client:
        for number in range(_GROWTH // 50):
            batch = [fill(f"g{number}-{n}", sides[n % 3], at=n, order_id=f"g{number}-{n}") for n in range(50)]
            client.record_fills([{**given, "symbol": f"S{number}USDT"} for given in batch])
            funding = fill(f"g{number}-f", commission=1, exec_type="Funding", at=60)
            client.record_fill(**{**funding, "symbol": f"S{number}USDT"})
