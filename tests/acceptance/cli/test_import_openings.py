"""The past from the exchange itself, and positions that began before its memory; against a local Bybit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.cli.conftest import Shell
from tests.acceptance.cli.paper_desk import BOT, Desk, open_desk
from tests.paper_exchange import DAY, HOUR

START = datetime(2023, 1, 1, tzinfo=UTC)
FORGOTTEN = 800 * DAY  # the exchange keeps two years


@pytest.fixture
def desk(cli: Shell, database_url: str) -> Iterator[Desk]:
    with open_desk(Desk, cli, database_url, START) as opened:
        yield opened


def test_what_was_held_before_the_exchanges_memory(desk: Desk) -> None:
    desk.order("Buy", "2", "entry")
    desk.paper.control.trade_by_hand(desk.key.uid, "ETHUSDT", "Sell", Decimal("3"))
    desk.paper.control.advance(FORGOTTEN)
    desk.order("Sell", "0.5", "exit")
    before = desk.rows()

    planned = desk("import", "openings", "--dry-run", "--json")

    assert (planned.code, planned.json["import"], planned.json["complete"]) == (0, None, False)
    assert desk.rows() == before
    assert "Not everything is fetched yet" in desk("import", "openings", "--dry-run").out

    done = desk("import", "openings", "--json")

    assert (done.code, done.err) == (0, "")
    assert [(one["symbol"], one["bot_id"], one["ledger_qty"], one["qty"]) for one in done.json["openings"]] == [
        ("BTCUSDT", BOT, "-0.5", "2"),
        ("ETHUSDT", "external", "0", "-3"),
    ]
    assert (done.json["import"]["booked"], done.json["differing"]) == (2, [])
    positions = desk("positions", "--json").json
    assert {(one["symbol"], one["bot_id"], one["side"], one["total_qty"]) for one in positions} == {
        ("BTCUSDT", BOT, "Buy", "1.5"),
        ("ETHUSDT", "external", "Sell", "3"),
    }
    (trade,) = desk("trades", "--json").json
    assert (trade["quantity"], trade["entry_price"], trade["net_pnl"]) == ("0.5", None, None)
    assert trade["pnl_reason"]
    agreed = desk("reconcile", "--json").json
    assert [line["difference"] for line in agreed["lines"]] == ["0", "0"]

    after = desk.rows()
    again = desk("import", "openings")
    assert (again.code, again.out) == (0, "No opening balance was written.\n")
    assert {name: rows for name, rows in desk.rows().items() if "fill" in name} == {
        name: rows for name, rows in after.items() if "fill" in name
    }


def test_whose_it_is_must_be_said_where_several_trade(desk: Desk) -> None:
    desk.order("Buy", "2", "entry")
    desk.paper.control.advance(FORGOTTEN)
    desk.order("Buy", "1", "more")
    desk.paper.control.trade_by_hand(desk.key.uid, "BTCUSDT", "Buy", Decimal("1"))

    unsaid = desk("import", "openings")
    said = desk("import", "openings", "--bot", BOT, "--json")

    assert unsaid.code == 1
    assert "several bots trade here: name whose it is with --bot" in unsaid.out
    assert (said.code, said.json["differing"]) == (0, [])
    positions = {one["bot_id"]: one["total_qty"] for one in desk("positions", "--json").json}
    assert positions == {BOT: "3", "external": "1"}


def test_a_hedge_leg_whose_exits_wait_is_opened_by_file(desk: Desk) -> None:
    desk.paper.control.set_hedge_mode(desk.key.uid, "BTCUSDT")
    desk.order("Buy", "2", "entry", positionIdx=1)
    desk.paper.control.advance(FORGOTTEN)
    desk.order("Sell", "0.5", "exit", positionIdx=1)

    waiting = desk("import", "openings")

    assert waiting.code == 1
    assert "executions wait in quarantine" in waiting.out
    (refused,) = desk("quarantine", "--json").json
    Path("opening.csv").write_text(
        "bot_id,symbol,position_idx,side,exec_qty,exec_price,exec_time,exec_type\n"
        f"{BOT},BTCUSDT,1,Buy,2,,2023-01-01T00:00:00Z,OpeningBalance\n",
        encoding="utf-8",
    )
    assert desk("import", "files", "opening.csv", "--account", "bybit:main:paper").code == 0
    applied = desk("quarantine", "apply", refused["exec_id"], "--decision", "fill")
    assert applied.code == 0, applied.err
    agreed = desk("reconcile", "--json")
    assert (agreed.code, [line["difference"] for line in agreed.json["lines"]]) == (0, ["0"])


def test_an_exchange_that_does_not_answer_opens_nothing(desk: Desk) -> None:
    desk.cli.set("BYBIT_ENDPOINT", "http://127.0.0.1:9")
    desk.cli.set("BYBIT_PATIENCE", "0.2")

    assert desk("import", "openings").code == 4
    assert desk("import", "openings", "--dry-run").code == 4


def test_the_past_from_the_exchange(desk: Desk) -> None:
    desk.order("Buy", "2", "entry")
    desk.order("Sell", "0.5", "exit")
    before = desk.rows()

    planned = desk("import", "bybit", "--dry-run", "--json")

    assert (planned.code, [gap["category"] for gap in planned.json["gaps"]]) == (0, ["linear"])
    assert desk.rows() == before

    done = desk("import", "bybit", "--json")

    assert (done.code, done.json["ok"], done.json["booked_by_type"]) == (0, True, {"Trade": 2})
    assert [done.json[name] for name in ("read", "booked", "duplicates", "rejected")] == [2, 2, 0, 0]
    assert [one["total_qty"] for one in desk("positions", "--bot", BOT, "--json").json] == ["1.5"]
    desk.paper.control.advance(HOUR)
    again = desk("import", "bybit")
    assert (again.code, "Booked: nothing new, in 0 books, all proven." in again.out) == (0, True)


def test_an_execution_that_cannot_be_applied_waits_for_a_person(desk: Desk) -> None:
    desk.paper.control.report_execution(
        desk.key.uid, "BTCUSDT", "Mystery", side="Buy", qty=Decimal(1), price=Decimal(50_000)
    )

    answer = desk("import", "bybit", "--json")

    assert (answer.code, answer.json["read"], answer.json["rejected"]) == (1, 1, 1)
