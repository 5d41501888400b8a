"""Every row that was read is booked, a duplicate, or refused with its place and its reason."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from ledger.errors import (
    BotAccountError,
    DatabaseUnavailableError,
    PermissionDeniedError,
    SchemaError,
)
from reconcile.history.report import ImportReport
from tests.all_rows import all_rows
from tests.fills import fill, moment
from tests.importing import bring_in
from tests.logins import as_login, logins
from tests.servers import Servers

ACCOUNT = "past"


def row(
    exec_id: str | None, side: str = "Buy", qty: Any = 1, price: Any = 100, at: float = 0, **more: Any
) -> dict[str, Any]:
    return {"bot_id": "b", **fill(exec_id, side, qty, price, at, **more)}


def reasons(report: ImportReport) -> list[tuple[int, str | None, str | None]]:
    return [(one.line, one.field, one.value) for one in report.rejects]


@pytest.fixture
def client(database_url: str) -> Any:
    with LedgerClient("b", account=ACCOUNT, database_url=database_url) as opened:
        yield opened


def test_repetitions_are_duplicates_and_contradictions_are_refused(database_url: str, client: LedgerClient) -> None:
    client.record_fill(**fill("e1", qty=2, order_id="o1", seq=7, commission="0.1"))
    client.record_fill(**fill("f1", price=1, commission="0.5", exec_type="Funding", commission_asset="USDT"))
    rows = [
        row("e1", qty="2.0", order_id="o1", seq=7, commission="0.10"),  # known
        row("e1", qty=2, commission="0.1"),  # known, and says less
        row("e1", qty=3, order_id="o1", commission="0.1"),
        row("e1", qty=2, order_id="o2", commission="0.1"),
        row("e2", qty=1),
        row("e2", qty="1.000"),
        row("e2", side="Sell"),
        row("f1", commission="0.5", price=1),  # cash, and here a trade
        row("f1", commission="0.5", price=1, exec_type="Funding"),
        row("e3", symbol="ETHUSDT", category="inverse"),
        row("e1", category="inverse", symbol="BTCUSD"),  # another category has ids of its own
    ]
    report = bring_in(rows, ACCOUNT, database_url)
    assert (report.booked, report.duplicates, report.rejected) == (3, 3, 5)
    assert {(line, name) for line, name, _ in reasons(report)} >= {(3, "exec_qty"), (4, "order_id"), (7, "side")}
    assert {line for line, _, _ in reasons(report)} & {8, 9}
    again = bring_in(rows, ACCOUNT, database_url)
    assert (again.booked, again.rejected, again.fills, again.payments) == (0, report.rejected, 0, 0)


def test_a_contradiction_to_the_ledger_names_what_it_has(database_url: str, client: LedgerClient) -> None:
    client.record_fill(**fill("e1", qty=2, price="100.50"))
    other = {"exec_qty": 3, "exec_price": 101, "side": "Sell", "exec_time": moment(1), "commission": 1}
    other |= {"symbol": "ETHUSDT", "position_idx": 1, "exec_type": "AdlTrade"}
    for field, value in other.items():
        report = bring_in([row("e1", qty=2, price="100.5") | {field: value}], ACCOUNT, database_url)
        assert [(one.line, one.field) for one in report.rejects] == [(1, field)]
        assert field in report.rejects[0].reason
        if field == "exec_time":
            assert moment(0).isoformat() in report.rejects[0].reason
            assert report.rejects[0].value == moment(1).isoformat()
        assert report.rejected == 1
        assert not report.ok
    assert client.get_position("BTCUSDT").size == 2


def test_a_trade_that_the_ledger_has_as_cash_is_refused(database_url: str, client: LedgerClient) -> None:
    cash = fill("x", commission="0.5", exec_type="Funding")
    client.record_fill(**cash)
    client.record_fill(**fill("y", commission="0.5"))
    rows = [row("x", commission="0.5"), row("y", commission="0.5", exec_type="Funding"), row("z", commission="0.5")]
    report = bring_in(rows, ACCOUNT, database_url)
    assert reasons(report) == [(1, "exec_type", "Trade"), (2, "exec_type", "Funding")]
    assert (report.booked, report.fills, report.payments) == (1, 1, 0)


def test_a_fee_that_eats_a_spot_purchase_is_refused(database_url: str, client: LedgerClient) -> None:
    spot: dict[str, Any] = {"category": "spot", "symbol": "BTCUSDT", "commission_asset": "BTC"}
    rows = [
        row("e1", qty=1, commission="0.001", **spot),
        row("e2", qty=1, commission=1, at=1, **spot),
        row("e3", qty=1, commission="1.5", at=2, **spot),
        row("e4", "Sell", qty="0.5", commission="0.7", at=3, **spot),  # taken from the wallet
        row("e5", qty=1, commission="-0.001", at=4, **spot),
        row("e6", qty=1, commission=2, at=5, **{**spot, "commission_asset": "USDT"}),
        row(None, qty=1, commission=1, at=6, order_id="o1", **spot),
    ]
    report = bring_in(rows, ACCOUNT, database_url)
    assert reasons(report) == [(2, "commission", "1"), (3, "commission", "1.5"), (7, "commission", "1")]
    assert client.get_position("BTCUSDT", category="spot").size == Decimal("2.5")


def test_a_hedge_leg_is_not_closed_further_than_it_is_open(database_url: str, client: LedgerClient) -> None:
    leg: dict[str, Any] = {"position_idx": 1}
    rows = [
        row("e1", "Sell", 1, at=0, **leg),
        row("e2", "Buy", 2, at=1, **leg),
        row("e3", "Sell", 3, at=2, **leg),
        row("e4", "Sell", 2, at=3, **leg),
        row("e5", "Sell", "0.1", at=4, **leg),
        row("e6", "Sell", 1, at=5, position_idx=2),
        row("e7", "Buy", 2, at=6, position_idx=2),
    ]
    report = bring_in(rows, ACCOUNT, database_url)
    assert reasons(report) == [(n, "exec_qty", q) for n, q in ((1, "1"), (3, "3"), (5, "0.1"), (7, "2"))]
    assert {one.reason for one in report.rejects} == {"a hedge book never flips: this would close more than is open"}
    assert client.get_position("BTCUSDT", position_idx=1).side == "None"
    assert client.get_position("BTCUSDT", position_idx=2).size == 1
    late = bring_in([row("l1", "Sell", 1, at=1.5, **leg), row("l2", "Buy", 1, at=0.5, **leg)], ACCOUNT, database_url)
    assert (late.booked, late.rejected) == (2, 0)
    worse = bring_in([row("l3", "Sell", 1, at=1.6, **leg)], ACCOUNT, database_url)
    assert reasons(worse) == [(1, "exec_qty", "1")]


def test_an_order_of_a_hedge_leg_that_stands_whole_and_in_executions_is_no_contradiction(
    database_url: str, client: LedgerClient
) -> None:
    leg: dict[str, Any] = {"position_idx": 1}
    rows = [
        row("e1", "Buy", 5, at=0, **leg),
        row(None, "Sell", 5, at=1, order_id="o1", **leg),
        row("e2", "Sell", 2, at=1, seq=1, order_id="o1", **leg),
        row("e3", "Sell", 3, at=2, order_id="o1", **leg),
    ]
    report = bring_in(rows, ACCOUNT, database_url)
    assert (report.booked, report.rejected) == (4, 0)
    assert [trade.quantity for trade in client.get_completed_trades("BTCUSDT")] == [2, 3]


ODD_NAMES = [
    'A"B',
    "A,B",
    "(A)",
    "A\\B",
    "A\\\\",
    "'; --",
    "Ж 漢字",
    "a b",
    "{A}",
    "NULL",
    "\\N",
    "\\.",
    "%s",
    "é",
    "🂡",
]


def _oddly_named(name: str) -> list[dict[str, Any]]:
    names: dict[str, Any] = {
        "symbol": name,
        "order_id": f"o{name}",
        "close_reason": name,
        "commission_asset": name,
        "bot_id": name,
    }
    return [
        row(f"{name}1", "Buy", 2, client_order_id=f"{name}?", **names),
        row(f"{name}2", "Sell", 3, at=1, **names),
        row(f"{name}3", "Buy", 1, at=2, category=name, **names),
        row(f"{name}4", "Buy", 1, at=2, category="option", **names),
        row(f"{name}5", "Buy", 1, at=2, exec_type="Funding", **names),
    ]


def test_odd_names_are_written_as_the_database_reads_them(database_url: str) -> None:
    rows = [one for name in ODD_NAMES for one in _oddly_named(name)]
    source = "".join(ODD_NAMES)
    report = bring_in(rows, ACCOUNT, database_url, source=source)  # `bring_in` wants every book proven
    assert (report.booked, report.rejected) == (len(rows), 0)
    assert bring_in(rows, ACCOUNT, database_url, source=source).duplicates == len(rows)
    for name in ODD_NAMES:
        with LedgerClient(name, account=ACCOUNT, database_url=database_url) as odd:
            (trade,) = odd.get_completed_trades(name)
            assert (trade.symbol, trade.exit_reason, trade.exit_order_id) == (name, name, f"o{name}")
            first = {field: value for field, value in _oddly_named(name)[0].items() if field != "bot_id"}
            assert odd.record_fill(**first).duplicate


def test_moments_and_numbers_at_the_ends_of_what_there_is(database_url: str, client: LedgerClient) -> None:
    most = "9" * 30 + "." + "9" * 30
    times = [
        "0001-01-02T00:00:00Z", "1600-02-29T00:00:00.000001Z", "1970-01-01T00:00:00Z", "2262-04-12T00:00:00.123457Z",
        "9999-12-30T23:59:59.999999Z",
    ]  # fmt: skip
    rows = [
        row(f"e{n}", "Sell" if n % 2 else "Buy", most, most, commission=most, seq=2**63 - 1) | {"exec_time": time}
        for n, time in enumerate(times)
    ]
    assert bring_in(rows[3:], ACCOUNT, database_url).booked == 2
    assert bring_in(rows, ACCOUNT, database_url).booked == 3  # earlier, and so all is derived again
    between = row("f", "Sell", "0." + "0" * 29 + "1", "1e-30") | {"exec_time": "9999-12-30T23:59:59.999998Z"}
    assert bring_in([between], ACCOUNT, database_url).booked == 1
    assert bring_in([*rows, between], ACCOUNT, database_url).duplicates == 6
    assert client.get_position("BTCUSDT").size == Decimal(most[:-1] + "8")


def test_prices_that_nobody_knows_leave_the_profit_unknown_and_say_so(database_url: str, client: LedgerClient) -> None:
    rows = [
        row(None, "Buy", 2, None, exec_type="OpeningBalance"),
        row("e1", "Buy", 1, 100, at=1),
        row("e2", "Sell", 3, 110, at=2, commission="0.3"),
    ]
    bring_in(rows, ACCOUNT, database_url)
    trades: list[Any] = client.get_completed_trades("BTCUSDT")
    assert [(t.quantity, t.gross_pnl, t.pnl_reason) for t in trades] == [
        (2, None, "entry price unknown"),
        (1, 10, None),
    ]


def test_a_row_of_nobody_belongs_to_whom_its_order_names(database_url: str, client: LedgerClient) -> None:
    client.record_fill(**fill("e0", order_id="live"))
    nameless = {"bot_id": None}
    rows = [
        row("e1", at=1, order_id="live") | nameless,
        row("e2", at=2, client_order_id="b-entry-123456789", order_id="ours") | nameless,
        row("e3", at=3, order_id="ours") | nameless,
        row("e4", at=4, client_order_id="unheard-entry-123456789") | nameless,
        row("e5", at=5) | {"bot_id": "c"},
        row("e6", at=6, client_order_id="c:sl:1") | {"bot_id": "b"},
    ]
    report = bring_in(rows, ACCOUNT, database_url)
    assert {book.bot_id: book.fills for book in report.books} == {"b": 3, "external": 1, "c": 2}
    assert client.get_position("BTCUSDT").size == 4


def test_rows_without_any_id_go_by_the_source_s_own_key(database_url: str, client: LedgerClient) -> None:
    rows = [row(None) | {"row_id": str(n), "exec_time": moment(n)} for n in range(3)]
    assert bring_in(rows, ACCOUNT, database_url, label="fills").booked == 3
    assert bring_in(rows, ACCOUNT, database_url, label="fills").duplicates == 3
    refused = bring_in([row(None)], ACCOUNT, database_url)
    assert reasons(refused) == [(1, "exec_id", None)]


BAD = [row("e1"), row("e2", side="Both"), row("e3", qty="1,000")]


def test_strict_writes_nothing_if_anything_is_refused(
    database_url: str, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    before = all_rows(connection)
    report = bring_in(BAD, ACCOUNT, database_url, strict=True, rejects=tmp_path / "rejects.csv")
    assert (report.read, report.rejected, report.ok) == (3, 2, False)
    assert "nothing was written" in str(report.stopped)
    assert all_rows(connection) == before
    with (tmp_path / "rejects.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [(one["origin"], one["line"], one["field"], one["value"]) for one in found] == [
        ("rows", "2", "side", "Both"),
        ("rows", "3", "exec_qty", "1,000"),
    ]
    hedge = [row("e1", position_idx=1), row("e2", "Sell", 2, at=1, position_idx=1)]
    assert bring_in(hedge, ACCOUNT, database_url, strict=True).rejected == 1
    assert all_rows(connection) == before
    sound = bring_in(BAD[:1], ACCOUNT, database_url, strict=True, rejects=tmp_path / "rejects.csv")
    assert (sound.booked, sound.stopped) == (1, None)
    assert (tmp_path / "rejects.csv").read_text().splitlines() == ["origin,line,field,value,reason"]


def test_a_dry_run_says_what_an_import_would_do_and_writes_nothing(
    database_url: str, connection: psycopg.Connection[Any], redis_url: str
) -> None:
    past = [row(f"e{n}", "Sell" if n % 3 == 2 else "Buy", n + 1, 100 + n, at=n) for n in range(12)]
    past += [row("x", "Sell", 5, symbol="ETHUSDT"), *BAD[1:], row("e1", at=1)]
    before = all_rows(connection)
    would = bring_in(past, ACCOUNT, database_url, redis_url, dry_run=True)
    assert all_rows(connection) == before
    did = bring_in(past, ACCOUNT, database_url, redis_url)
    counted = ("read", "booked", "duplicates", "rejected", "fills", "lots", "trades", "rejects")
    assert {name: getattr(would, name) for name in counted} == {name: getattr(did, name) for name in counted}
    assert [(b.symbol, b.net_pnl_after, b.short_qty, b.size) for b in would.books] == [
        (b.symbol, b.net_pnl_after, b.short_qty, b.size) for b in did.books
    ]
    assert {book.symbol: book.short_qty for book in did.books} == {"BTCUSDT": 0, "ETHUSDT": 5}
    later = all_rows(connection)
    more = bring_in([row("late", at=0.5)], ACCOUNT, database_url, redis_url, dry_run=True)
    assert (more.booked, [book.rebuilt for book in more.books]) == (1, [True])
    assert all_rows(connection) == later


def test_a_bot_of_another_account_is_refused_before_anything_is_written(
    database_url: str, connection: psycopg.Connection[Any]
) -> None:
    with LedgerClient("theirs", account="other", database_url=database_url) as other:
        other.register()
    before = all_rows(connection)
    with pytest.raises(BotAccountError, match="theirs"):
        bring_in([row("e1"), row("e2") | {"bot_id": "theirs"}], ACCOUNT, database_url)
    assert all_rows(connection) == before


@pytest.mark.parametrize("role", ["ledger_bot", "ledger_reader", "ledger_service"])
def test_a_login_that_may_not_write_tables_is_told_so(
    database_url: str, connection: psycopg.Connection[Any], servers: Servers, role: str
) -> None:
    before = all_rows(connection)
    with logins(servers.admin_url) as new_login, pytest.raises(PermissionDeniedError):
        bring_in([row("e1")], ACCOUNT, as_login(database_url, new_login(role)))
    assert all_rows(connection) == before


def test_a_login_of_the_owners_may_import(database_url: str, servers: Servers) -> None:
    with logins(servers.admin_url) as new_login:
        assert bring_in([row("e1")], ACCOUNT, as_login(database_url, new_login("ledger_owner"))).booked == 1


def test_a_database_without_the_ledger_and_one_that_is_not_there(empty_database: str) -> None:
    with pytest.raises(SchemaError, match="migrate"):
        bring_in([row("e1")], ACCOUNT, empty_database)
    with pytest.raises(DatabaseUnavailableError):
        bring_in([row("e1")], ACCOUNT, "postgresql://nobody@127.0.0.1:1/nothing")


def test_a_reject_file_that_cannot_be_written_stops_the_import_before_it_begins(
    database_url: str, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    before = all_rows(connection)
    with pytest.raises(FileNotFoundError):
        bring_in(BAD, ACCOUNT, database_url, rejects=tmp_path / "missing" / "rejects.csv")
    assert all_rows(connection) == before


def test_nothing_to_read_is_nothing_to_do(database_url: str, connection: psycopg.Connection[Any]) -> None:
    report = bring_in([], ACCOUNT, database_url)
    assert (report.read, report.ok, report.books) == (0, True, ())
