"""The reconciler's commands, against a local Bybit: what they answer, write and refuse, and how they end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger import LedgerClient
from tests.acceptance.cli.conftest import Shell
from tests.acceptance.cli.paper_desk import BOT, Desk, open_desk
from tests.acceptance.cli.test_program import started
from tests.acceptance.cli.test_tables import in_a_terminal, values
from tests.free_port import free_port

START = datetime(2025, 6, 1, tzinfo=UTC)
SINCE = ("--since", "2025-06-01")
Row = dict[str, Any]


class Office(Desk):
    """A desk at which more happens than the bot's own orders."""

    def by_hand(self, symbol: str, side: str, qty: str) -> None:
        """Somebody trades outside."""
        self.paper.control.advance(1000)
        self.paper.control.trade_by_hand(self.key.uid, symbol, side, Decimal(qty))

    def write(self, exec_id: str, qty: str) -> None:
        """The bot writes a fill that the exchange never had."""
        with LedgerClient(BOT, database_url=self.database_url) as bot:
            at = START + timedelta(minutes=30)
            bot.record_fill(
                symbol="BTCUSDT", side="Buy", exec_price=50_000, exec_qty=qty, exec_time=at, exec_id=exec_id
            )


@pytest.fixture
def office(cli: Shell, database_url: str) -> Iterator[Office]:
    with open_desk(Office, cli, database_url, START) as opened:
        yield opened


@pytest.fixture
def outage(office: Office) -> Office:
    """The bot's orders that it did not write down, and a trade by hand."""
    office.order("Buy", "1", "entry")
    office.order("Sell", "0.4", "exit")
    office.by_hand("ETHUSDT", "Buy", "2")
    return office


def picked(rows: list[Row], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_dry_run_shows_the_plan_and_writes_nothing(outage: Office) -> None:
    before = outage.rows()

    answer = outage("reconcile", "--dry-run", *SINCE, "--json")
    text = outage("reconcile", "--dry-run", *SINCE).out

    assert answer.code == 0
    assert picked(answer.json["gaps"], "category", "since", "until", "windows") == [
        ("linear", "2025-06-01T00:00:00Z", "2025-06-01T01:00:03Z", 1)
    ]
    assert picked(answer.json["lines"], "symbol", "ledger_qty", "venue_qty", "difference") == [
        ("BTCUSDT", "0", "0.6", "0.6"),
        ("ETHUSDT", "0", "2", "2"),
    ]
    assert "main, at 2025-06-01 01:00:03 UTC: windows to fetch: 1; lines that differ: 2 of 2." in text
    assert outage.rows() == before
    whole = outage("reconcile", "--dry-run", "--account", "main", "--json").json["gaps"]
    assert [gap["windows"] for gap in whole] == [105]  # two years, less the time that a walk takes


def test_an_outage_is_imported_explained_and_proven(outage: Office) -> None:
    answer = outage("reconcile", *SINCE, "--json")

    assert (answer.code, answer.err) == (0, "")
    report = answer.json
    assert (report["ok"], report["status"], report["imported"]) == (True, "ok", {"Trade": 3})
    assert sorted(picked(report["findings"], "kind", "bot_id", "symbol", "is_problem")) == [
        ("opened_outside", "external", "ETHUSDT", False),
        ("opened_while_down", BOT, "BTCUSDT", False),
    ]
    assert picked(report["lines"], "symbol", "ledger_qty", "difference") == [
        ("BTCUSDT", "0.6", "0"),
        ("ETHUSDT", "2", "0"),
    ]
    positions = outage("positions", "--bot", BOT, "--json").json
    assert picked(positions, "side", "total_qty") == [("Buy", "0.6")]
    before = outage.rows()
    again = outage("reconcile", "--bot", BOT, *SINCE)
    assert (again.code, "OK main: imported nothing" in again.out) == (0, True)
    assert {table for table, rows in outage.rows().items() if rows != before[table]} <= {"reconciliation_runs"}


def test_what_a_run_explained_and_proved_is_listed(outage: Office) -> None:
    assert outage("findings").out == "No open findings.\n"
    assert outage("coverage").out == "No proven ranges.\n"
    assert outage("orders", "--json").json == []
    outage("reconcile", *SINCE)

    assert outage("findings", "--json").json == []
    explained = outage("findings", "--all", "--account", "main", "--json").json
    assert sorted(picked(explained, "kind", "bot_id", "resolution_note")) == [
        ("opened_outside", "external", "explained"),
        ("opened_while_down", BOT, "explained"),
    ]
    assert picked(outage("findings", "--all", "--kind", "opened_outside", "--json").json, "symbol") == [("ETHUSDT",)]
    (opened,) = outage("findings", "--all", "--kind", "opened_while_down", "--json").json
    assert "before 0, after 0.6" in outage("findings", "show", str(opened["finding_id"])).out
    ranges = outage("coverage", "--category", "linear", "--json").json
    assert ("main", "executions", "linear", "2025-06-01T00:00:00Z", "2025-06-01T00:59:03Z") in picked(
        ranges, "account", "endpoint", "category", "since", "until"
    )
    planned = outage("reconcile", "--dry-run", *SINCE, "--json").json["gaps"]
    assert picked(planned, "since", "until") == [("2025-06-01T00:59:03Z", "2025-06-01T01:00:03Z")]


def test_orders_and_their_filters(outage: Office) -> None:
    outage("reconcile", *SINCE)

    def sides(*filters: str) -> list[tuple[Any, ...]]:
        return picked(outage("orders", *filters, "--json").json, "symbol", "side", "qty", "cum_exec_qty", "bot_id")

    bought, sold = ("BTCUSDT", "Buy", "1", "1", BOT), ("BTCUSDT", "Sell", "0.4", "0.4", BOT)
    by_hand = ("ETHUSDT", "Buy", "2", "2", None)
    assert sides() == sides("--status", "Filled", "--account", "main") == [bought, sold, by_hand]
    assert sides("--bot", BOT) == sides("--symbol", "BTCUSDT") == [bought, sold]
    assert sides("--bot", "external") == sides("--limit", "1") == [by_hand]
    assert sides("--until", "2025-06-01T01:00:02") == [bought]
    assert picked(outage("orders", "--json").json, "price", "avg_fill_price") == [
        ("63000", "60000"),  # the exchange's cap, and what was paid
        ("57000", "60000"),
        ("3000", "3000"),
    ]
    assert "The latest 2 of 3; --limit 0 shows all." in outage("orders", "--limit", "2").out
    assert outage("orders", "--status", "Rejected").out == "No orders fit --status Rejected.\n"


def test_a_difference_waits_until_a_person_resolves_it(office: Office) -> None:
    office.write("phantom", "0.5")

    answer = office("reconcile")

    assert (answer.code, answer.err) == (1, "")
    assert "FINDINGS main" in answer.out
    for command in ("findings", "findings --all"):
        shown = in_a_terminal(office.cli, command, 80)
        assert "unexplained" in shown
        assert "qty 0.5" in shown
        assert "qty 0" in shown
    (found,) = office("findings", "--kind", "unexplained", "--json").json
    assert (found["ledger"]["qty"], found["exchange"]["qty"]) == ("0.5", "0")
    number = str(found["finding_id"])
    assert office("findings", "show", number, "--json").json == found
    assert "qty 0.5" in office("findings", "show", number).out
    for note in ([], ["--note", " "]):
        assert office("findings", "resolve", number, *note).code == 2
    done = office("findings", "resolve", number, "--note", "written by a test", "--json")
    assert (done.code, done.json["resolution_note"]) == (0, "written by a test")
    assert office("findings", "--json").json == []
    again = office("findings", "resolve", number, "--note", "twice")
    assert (again.code, "written by a test" in again.err) == (2, True)


def test_a_difference_is_raised_or_adjusted_as_asked(office: Office) -> None:
    office.write("phantom", "0.5")

    raised = office("reconcile", "--on-unexplained", "raise", "--json")
    adjusted = office("reconcile", "--on-unexplained", "adjust", "--json")

    assert (raised.code, raised.json["status"]) == (1, "findings")
    assert "error [unexplained_difference]: account main: unexplained linear BTCUSDT" in raised.err
    assert (adjusted.code, [f["kind"] for f in adjusted.json["findings"]]) == (0, ["adjusted"])
    assert office("positions", "--json").json == []


def test_quarantine(office: Office) -> None:
    assert office("quarantine").out == "No executions in quarantine.\n"
    office.paper.control.report_execution(
        office.key.uid, "BTCUSDT", "SomethingNew", side="Buy", qty=Decimal(1), price=Decimal(1)
    )
    office.paper.control.advance(1000)

    assert office("reconcile", *SINCE).code == 1
    (row,) = office("quarantine", "--account", "main", "--category", "linear", "--json").json
    assert (row["symbol"], row["exec_type"], row["decision"]) == ("BTCUSDT", "SomethingNew", None)
    shown = office("quarantine", "show", row["exec_id"], "--json").json
    assert (shown, shown["raw"]["execType"]) == (row, "SomethingNew")
    assert '"execType": "SomethingNew"' in office("quarantine", "show", row["exec_id"]).out
    assert office("quarantine", "show", "nothing").code == 2


def test_a_decision_about_a_quarantined_execution(office: Office) -> None:
    office.order("Buy", "1", "entry")
    exec_id = office.paper.control.report_execution(
        office.key.uid, "BTCUSDT", "SomethingNew", side="Sell", qty=Decimal("0.4"), price=Decimal(60500)
    )
    office.paper.control.advance(1000)
    assert office("reconcile", *SINCE).code == 1
    decide = ("quarantine", "apply", exec_id, "--decision")
    before = office.rows()

    tried = office(*decide, "fill", "--bot", BOT, "--fee", "1", "--dry-run", "--json").json
    shown = office(*decide, "fill", "--bot", BOT, "--fee", "1", "--dry-run").out

    assert (tried["dry_run"], tried["fresh"], tried["before"]["total_qty"], tried["after"]["total_qty"]) == (
        True, True, "1", "0.6",
    )  # fmt: skip
    assert [trade["net_pnl"] for trade in tried["completed_trades"]] == ["185.8"]
    assert "fill would be stored" in shown
    assert f"{BOT} linear BTCUSDT (0): Buy 1 → Buy 0.6" in shown
    assert "Nothing was written." in shown
    assert office.rows() == before

    done = office(*decide, "fill", "--bot", BOT, "--fee", "1", "--note", "asked the exchange", "--json")
    assert (done.code, done.json["fresh"], done.json["decision"]) == (0, True, "fill")
    assert office("positions", "--bot", BOT, "--json").json[0]["total_qty"] == "0.6"
    assert office("findings", "--json").json == []
    assert office("quarantine").out == "No executions in quarantine.\n"
    (row,) = office("quarantine", "--all", "--json").json
    assert (row["decision"], row["note"], row["booked"]["commission"]) == ("fill", "asked the exchange", "1")
    after = office.rows()
    again = office(*decide, "fill")
    assert (again.code, "decided before" in again.out) == (0, True)
    refused = office(*decide, "ignore")
    assert (refused.code, "what is decided stays" in refused.err) == (2, True)
    assert office.rows() == after


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (["nothing", "--decision", "ignore"], 2, "fifoledger quarantine --all lists"),
        (["ID", "--decision", "shrug"], 2, "shrug"),
        (["ID"], 2, "--decision"),
        (["ID", "--decision", "fill", "--price", "much"], 2, "exec_price"),
        (["ID", "--decision", "fill", "--position-idx", "7"], 2, "position-idx"),
        (["ID", "--decision", "fill", "--time", "soon"], 2, "soon"),
        (["ID", "--decision", "fill", "--bot", "nobody"], 2, "bot_id"),
        (["ID", "--decision", "cash", "--type", "Trade"], 2, "exec_type"),
        (["ID", "--decision", "ignore", "--fee", "1"], 2, "commission"),
        (["ID", "--decision", "ignore", "--account", "mian"], 2, "--all lists"),
    ],
)
def test_a_decision_that_is_none_writes_nothing(office: Office, given: list[str], code: int, said: str) -> None:
    exec_id = office.paper.control.report_execution(
        office.key.uid, "BTCUSDT", "New", side="Sell", qty=Decimal("0.4"), price=Decimal(60500)
    )
    office.paper.control.advance(1000)
    office("reconcile", *SINCE)
    before = office.rows()
    answer = office("quarantine", "apply", *(exec_id if one == "ID" else one for one in given))
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
    assert office.rows() == before


def test_an_exchange_that_does_not_answer(outage: Office) -> None:
    outage.cli.set("BYBIT_PATIENCE", "0.3")
    outage.cli.set("BYBIT_ENDPOINT", f"http://127.0.0.1:{free_port()}")

    answer = outage("reconcile", *SINCE, "--json")
    planned = outage("reconcile", *SINCE, "--dry-run")

    assert (answer.code, answer.json["status"], answer.json["imported"]) == (4, "degraded", {})
    assert (planned.code, planned.out, "error [exchange_unavailable]" in planned.err) == (4, "", True)


@pytest.mark.parametrize("option", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (["--account", "mian"], 2, "one of main"),
        (["--bot", "nobody"], 2, "a bot that is registered"),
        (["--since", "2020-01-01"], 2, "since"),
        (["--since", "2040-01-01"], 2, "since"),
        (["--on-unexplained", "shrug"], 2, "shrug"),
        ({"BYBIT_API_KEY": ""}, 3, "BYBIT_API_KEY"),
        ({"BYBIT_ENVIRONMENT": "testnet"}, 3, "registered as bybit paper"),
        ({"LEDGER_ACCOUNT": "elsewhere"}, 2, "one of main"),
    ],
)
def test_mistakes_are_said_before_anything_is_written(
    office: Office, wrong: list[str] | dict[str, str], code: int, said: str, option: list[str]
) -> None:
    before = office.rows()
    for name, value in wrong.items() if isinstance(wrong, dict) else ():
        office.cli.set(name, value)

    answer = office("reconcile", *option, *(wrong if isinstance(wrong, list) else ()))

    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
    assert office.rows() == before


def test_which_account_is_asked_where_there_are_several_or_none(
    office: Office, make_database: Callable[[], str]
) -> None:
    with LedgerClient("other_bot", account="bybit:second:paper", database_url=office.database_url) as bot:
        bot.register()

    unsaid = office("reconcile", "--dry-run")
    assert (unsaid.code, "main, second" in unsaid.err) == (2, True)
    for chosen in (["--account", "second"], ["--bot", "other_bot"]):
        assert office("reconcile", "--dry-run", *SINCE, *chosen, "--json").json["account"] == "second"
    office.cli.set("LEDGER_ACCOUNT", "bybit:second:paper")
    assert office("reconcile", "--dry-run", *SINCE, "--json").json["account"] == "second"
    assert office("reconcile", "--dry-run", "--bot", BOT).code == 2
    office.cli.set("LEDGER_DATABASE_URL", make_database())
    assert "registers its account" in office("reconcile", "--dry-run").err


@pytest.mark.parametrize("command", ["findings", "coverage", "quarantine", "orders"])
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_filter_that_names_nothing_is_said(office: Office, command: str, option: list[str]) -> None:
    answer = office(command, "--account", "mian", *option)
    assert (answer.code, answer.out) == (2, "")
    assert "account = 'mian'" in answer.err


def test_no_value_is_broken_in_a_narrow_terminal(outage: Office) -> None:
    outage.paper.control.report_execution(
        outage.key.uid, "BTCUSDT", "New", side="Buy", qty=Decimal(1), price=Decimal(1)
    )
    outage.paper.control.advance(1000)
    outage("reconcile", *SINCE)
    commands = ("findings --all", "coverage", "quarantine", "orders", "reconcile --dry-run --since 2025-06-01")
    whole = {command: values(outage(*command.split()).out) for command in commands}
    for width in (40, 80, 120):
        for command in commands:
            shown = in_a_terminal(outage.cli, command, width)
            assert values(shown) - whole[command] == set(), (command, width)
            assert "…" not in shown


def test_the_program_prints_its_answer_alone(outage: Office) -> None:
    key = outage.paper.control.create_key(outage.key.uid, withdraw=True)
    environment = {
        "LEDGER_DATABASE_URL": outage.database_url,
        "BYBIT_API_KEY": key.api_key,
        "BYBIT_API_SECRET": key.api_secret,
    }
    process = started("reconcile", *SINCE, **environment)
    out, errors = process.communicate(timeout=120)

    assert process.returncode == 0, errors
    assert "OK main: imported 3 Trade" in out
    assert "this key can withdraw" in errors
    assert key.api_secret not in out + errors
    assert "this key can withdraw" not in out
