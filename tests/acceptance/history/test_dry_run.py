"""A dry run says what an import will do, and keeps nobody waiting while it does."""

import random
from dataclasses import asdict
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from ledger.settings import load_settings
from reconcile.history import booking, tasks
from reconcile.history.report import ImportReport
from reconcile.history.run import ImportOptions, import_history
from reconcile.startup.lock import blocking_account_lock
from tests.all_rows import all_rows
from tests.fills import SYMBOL, fill
from tests.importing import Rows, account_id, bring_in
from tests.past import Desk, past

ACCOUNT = "past"
COUNTS = ("read", "booked", "duplicates", "rejected", "joined", "fills", "payments", "lots", "trades", "rejects")
BOOKS = 6
PAST = [
    {"bot_id": f"b{book}", **fill(f"e{book}-{n}", "Sell" if n % 2 else "Buy", 1, 100 + n, n)}
    for book in range(BOOKS)
    for n in range(4)
]


@pytest.fixture(params=[2, 100])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many fills a transaction takes."""
    monkeypatch.setattr(tasks, "FILLS_AT_ONCE", request.param)
    monkeypatch.setattr(booking, "_BLOCK", 7)


def foresees(
    rows: list[dict[str, Any]], account: str, database_url: str, connection: psycopg.Connection[Any]
) -> ImportReport:
    """Whether it says what then happens, and writes nothing. Answers what did."""
    before = all_rows(connection)
    would = bring_in(rows, account, database_url, dry_run=True)
    assert all_rows(connection) == before
    did = bring_in(rows, account, database_url, jobs=1)
    assert {name: getattr(would, name) for name in COUNTS} == {name: getattr(did, name) for name in COUNTS}
    for plan, book in zip(would.books, did.books, strict=True):
        assert {**asdict(plan), "book_id": 0} == {**asdict(book), "book_id": 0}
    return did


@pytest.mark.usefixtures("at_once")
def test_it_foresees_any_past(database_url: str, connection: psycopg.Connection[Any]) -> None:
    """Part of it has been recorded, and the account is new or not."""
    seed = random.randrange(10**6)
    foresees(past("new", seed), "new", database_url, connection)
    r = random.Random(seed)
    desk = Desk("known", database_url)
    desk.record([row for row in past("known", seed) if r.random() < 0.2])
    desk.close()
    foresees(past("known", seed), "known", database_url, connection)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("recorded", [0, 1, 2], ids=["nothing", "the order", "an execution"])
def test_it_foresees_orders_whose_rows_lie_in_several_books(
    database_url: str, connection: psycopg.Connection[Any], recorded: int
) -> None:
    """What executions in one book leave of the fill of a whole order in another, which has rows of its own."""
    whole = {"bot_id": "b", **fill(None, qty=5, order_id="o1")}
    parts = [{"bot_id": "b", **fill(f"e{n}", qty=n, at=n, order_id="o1", position_idx=1)} for n in (1, 2)]
    others = [
        {"bot_id": bot, **fill(f"{bot}{symbol}{n}", side, qty=3, price=100 + n, at=n + 5, symbol=symbol)}
        for bot in ("a", "b", "c")
        for symbol in ("ADAUSDT", SYMBOL, "XRPUSDT")
        for n, side in enumerate(("Sell", "Buy"))
    ]
    there = {0: [], 1: [whole], 2: parts[:1]}[recorded]
    with LedgerClient("b", account=ACCOUNT, database_url=database_url) as client:
        client.record_fills([{name: value for name, value in row.items() if name != "bot_id"} for row in there])
    rows = [row for row in (*others, whole, *parts) if row not in there]

    did = foresees(rows, ACCOUNT, database_url, connection)

    sizes = [book.size for book in did.books if (book.bot_id, book.symbol) == ("b", SYMBOL)]
    assert sizes == [2, 3]  # of five in all


@pytest.mark.parametrize("strict", [False, True], ids=["dry run", "strict"])
def test_bots_go_on_while_books_are_rehearsed(
    database_url: str, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, strict: bool
) -> None:
    """Between any two transactions of it everybody can write to every book, register, reconcile and say he is alive."""
    monkeypatch.setattr(tasks, "FILLS_AT_ONCE", 4)
    monkeypatch.setenv("LEDGER_STATEMENT_TIMEOUT", "5")  # who has to wait for the import waits until then
    monkeypatch.setenv("LEDGER_RETRY_TIMEOUT", "0")
    settings = load_settings(database_url=database_url)
    clients = [LedgerClient(f"b{book}", account=ACCOUNT, database_url=database_url) for book in range(BOOKS)]
    for book, client in enumerate(clients):
        client.record_fill(**fill(f"e{book}-0"))
    number = account_id(connection, ACCOUNT)
    turns: list[int] = []

    def live(stage: str, done: int, _total: int | None, _unit: str) -> None:
        if stage != "rehearsing" or len(turns) >= BOOKS:
            return
        turns.append(done)
        for client in clients:
            client.record_fill(**fill(f"live{len(turns)}-{client.bot_id}", at=100 + len(turns)))
            client.heartbeat()
        with LedgerClient(f"new{len(turns)}", account=ACCOUNT, database_url=database_url) as newcomer:
            newcomer.register()
        with blocking_account_lock(settings, number):
            pass

    rows = [*PAST, {"bot_id": "unheard", **fill("u1")}]
    options = ImportOptions(account=ACCOUNT, dry_run=not strict, strict=strict)
    report = import_history(Rows(rows), settings, options, live)

    assert turns == [4 * turn for turn in range(1, BOOKS + 1)]
    assert (report.booked, report.duplicates, report.rejected) == (3 * BOOKS + 1, BOOKS, 0)
    held = 1 + BOOKS  # the first of its past, and what came live
    assert [client.get_position(SYMBOL).size for client in clients] == [held - 1 if strict else held] * BOOKS
    for client in clients:
        client.close()
