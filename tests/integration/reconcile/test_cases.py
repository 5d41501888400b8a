"""Every case of tests/data/reconcile_cases.json through the local Bybit, pybit and the reconciler, over real sockets.

The cases state what other programs' tests and bug reports say of a situation. Where a peer invents an execution
(`synthetic`), the ledger imports the real one, which has that price, or says that it is missing.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ledger import AsyncLedgerClient, PositionEntry
from reconcile import ReconciliationReport
from reconcile.paper.faults import HttpFault
from reconcile.values import Execution
from tests.fills import fill
from tests.reconciling import BOT, Desk, Row, another_exchange, kinds, open_desk
from tests.rewriting import Middle, in_the_middle

D = Decimal
CASES = json.loads((Path(__file__).parents[2] / "data" / "reconcile_cases.json").read_text())
SIDES = {"B": "Buy", "S": "Sell"}
DAY = 86_400_000
LINEAR = {"categories": ("linear",)}  # two years of one category are enough


@dataclass
class Case:
    """A case, a desk that trades every category, and a server that can change what the exchange says."""

    desk: Desk
    middle: Middle
    given: dict[str, Any]
    expect: dict[str, Any]

    def price(self, symbol: str, price: object) -> None:
        self.desk.account.control.move_price(symbol, D(str(price)))

    def bought(self, side: str, qty: object, price: object, symbol: str = "BTCUSDT", **more: Any) -> str:
        """An order of the bot's, filled at that price; its id."""
        self.price(symbol, price)
        if more.get("category") == "spot":
            more = {"marketUnit": "baseCoin", **more}
        return self.desk.order(SIDES.get(side, side), str(qty), symbol=symbol, **more)

    async def reconcile(self, **options: Any) -> ReconciliationReport:
        """Through the server in the middle."""
        given = {"categories": ("linear", "inverse", "spot"), **options.pop("exchange", {})}
        exchange = another_exchange(self.desk, endpoint=self.middle.url, **given)
        try:
            return await self.desk.reconcile(exchange_client=exchange, **options)
        finally:
            await exchange.close()

    async def entries(self, symbol: str, category: str = "linear") -> list[PositionEntry]:
        return await self.desk.client.get_open_position_entries(symbol, category=category)

    def trades(self) -> list[Row]:
        return self.desk.rows("reconcile/trades")

    def fills(self) -> list[Row]:
        return self.desk.rows("reconcile/fills")


Scenario = Callable[[Case], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    def register(check: Scenario) -> Scenario:
        assert name not in SCENARIOS
        SCENARIOS[name] = check
        return check

    return register


@pytest.fixture
async def wide(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    categories = ("linear", "inverse", "spot")
    async with open_desk(database_url, redis_url, categories=categories) as one:
        yield one


@pytest.fixture
def middle(wide: Desk) -> Iterator[Middle]:
    with in_the_middle(wide.account.paper.url) as server:
        yield server


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
async def test_case(case: dict[str, Any], wide: Desk, middle: Middle) -> None:
    assert case["id"] in SCENARIOS, "a case that no test covers"
    await SCENARIOS[case["id"]](Case(wide, middle, case["given"], case["expect"]))
    middle.heal()
    wide.account.control.heal()
    assert await wide.written_by_a_second_run() == set()


def test_every_scenario_is_of_a_case() -> None:
    assert set(SCENARIOS) == {case["id"] for case in CASES}


def spot_rows(fees: list[tuple[str, str | None]]) -> Callable[[list[Row]], list[Row]]:
    """Executions of spot, oldest first, with these fees and coins; None: the exchange does not say the coin."""

    def change(rows: list[Row]) -> list[Row]:
        ours = sorted((row for row in rows if row["symbol"].endswith("USDT")), key=lambda row: int(row["seq"]))
        for row, (fee, coin) in zip(ours, fees, strict=False):
            row["execFee"] = fee
            row.pop("feeCurrency", None)
            if coin is not None:
                row["feeCurrency"] = coin
        return rows

    return change


# Fees and inverse contracts


@scenario("B01")
async def fee_in_base_coin(case: Case) -> None:
    fees = []
    for side, qty, price, fee, coin in case.given["fills"]:
        case.bought(side, qty, price, "ETHUSDT", category="spot")
        fees.append((fee, coin))
    case.middle.change_rows("/v5/execution/list", spot_rows(fees))
    await case.reconcile()
    assert await case.entries("ETHUSDT", "spot") == []
    (trade,) = case.trades()
    assert trade["net_pnl"] == D(case.expect["cash"]) != D(case.expect["peer"])
    assert trade["quantity"] == D("0.999")


@scenario("B02")
async def fees_in_base_coin_keep_the_cost(case: Case) -> None:
    for side, qty, price, _, _ in case.given["fills"]:
        case.bought(side, qty, price, "ETHUSDT", category="spot")
    case.middle.change_rows("/v5/execution/list", spot_rows([(f[3], f[4]) for f in case.given["fills"]]))
    await case.reconcile()
    position = await case.desk.client.get_current_position_summary("ETHUSDT", category="spot")
    assert position is not None
    lots = await case.entries("ETHUSDT", "spot")
    assert sum(lot.remaining_qty for lot in lots) == D(case.expect["pos"])
    # What was paid is the lots at their price and the fees, which are counted in quote.
    paid = sum(lot.remaining_qty * (lot.entry_price or 0) + lot.entry_commission for lot in lots)
    assert paid == D(case.expect["cost"])


@scenario("B03")
async def an_order_in_quote_coins_that_was_filled_in_part(case: Case) -> None:
    case.price("BTCUSDT", case.expect["avg"])
    order_id = case.desk.order("Buy", case.given["qty"], category="spot", marketUnit=case.given["marketUnit"])
    case.desk.account.control.advance(1000)
    cost, qty, price = D(case.expect["cost"]), D(case.given["cumExecQty"]), D(case.expect["avg"])
    dearer = (cost - qty * price) / D("0.01")  # what was filled a step above the average that the case rounds
    (fee,) = map(D, case.given["cumFeeDetail"].values())

    def two_fills(rows: list[Row]) -> list[Row]:
        parts = [(qty - dearer, price), (dearer, price + D("0.01"))]
        return [
            row
            | {
                "execId": f"{row['execId']}-{at}",
                "execQty": str(q),
                "execPrice": str(at),
                "execFee": str(fee * q / qty),
            }
            for row in rows
            for q, at in parts
        ]

    case.middle.change_rows("/v5/execution/list", two_fills)
    await case.reconcile()
    lots = await case.entries("BTCUSDT", "spot")
    assert [lot.entry_price for lot in lots] == [price, price + D("0.01")]
    assert sum(lot.remaining_qty for lot in lots) == D(case.expect["pos"])
    assert sum(lot.remaining_qty * (lot.entry_price or 0) + lot.entry_commission for lot in lots) == cost
    (order,) = [row for row in case.desk.rows("reconcile/orders") if row["order_id"] == order_id]
    assert (order["status"], order["qty"], order["cum_exec_qty"]) == (case.given["orderStatus"], None, qty)


@scenario("B04")
async def a_fee_whose_coin_is_not_said(case: Case) -> None:
    case.bought(case.given["side"], case.given["execQty"], 60000, category="spot")
    case.middle.change_rows("/v5/execution/list", spot_rows([(case.given["execFee"], None)]))
    await case.reconcile()
    (lot,) = await case.entries("BTCUSDT", "spot")
    assert lot.remaining_qty == D(case.expect["pos"])
    (one,) = case.fills()
    assert (one["commission"], one["commission_asset"]) == (D(case.given["execFee"]), "BTC")


@scenario("B05")
async def a_base_fee_on_a_sale_leaves_dust_and_no_short(case: Case) -> None:
    case.bought("Buy", "1", 60000, category="spot")
    case.bought("Sell", case.given["sell"], 60000, category="spot")
    fees = [("0.001", "BTC"), (case.given["fee"], case.given["fee_ccy"])]
    case.middle.change_rows("/v5/execution/list", spot_rows(fees))
    report = await case.reconcile()
    position = await case.desk.client.get_position("BTCUSDT", category="spot")
    assert (position.side, position.total_qty, position.dust_qty) == ("None", D(0), D(case.expect["pos"]))
    assert [f.kind for f in report.problems] == []
    (line,) = [line for line in report.lines if line.category == "spot"]
    assert line.ledger_qty == D(case.expect["pos"])


@scenario("B06")
async def an_inverse_short_loses_coins(case: Case) -> None:
    account = case.desk.account
    account.control.set_fees(account.uid, "inverse", D(0), D(0))
    contracts, line = case.given["contracts"], {"symbol": "BTCUSD", "category": "inverse"}
    case.bought(case.given["side"], contracts, case.given["entry"], **line)
    await case.reconcile()
    position = await case.desk.client.get_position("BTCUSD", category="inverse")
    assert (position.side, position.total_qty, position.avg_entry_price) == ("Sell", D(contracts), D(10000))
    case.bought("Buy", contracts, case.given["mark"], **line)
    report = await case.reconcile()
    (trade,) = case.trades()
    assert round(trade["gross_pnl"], 8) == D(case.expect["unrealized"])
    assert trade["settle_coin"] == case.expect["ccy"]
    assert [cycle.fitted for cycle in report.cycles] == ["none"]


@scenario("B07")
async def an_inverse_average_is_harmonic(case: Case) -> None:
    line = {"symbol": "BTCUSD", "category": "inverse"}
    for side, qty, price in case.given["fills"]:
        case.bought(side, qty, price, **line)
    assert (await case.reconcile()).ok
    position = await case.desk.client.get_position("BTCUSD", category="inverse")
    assert (position.total_qty, position.avg_entry_price) == (D(case.expect["pos"]), D(case.expect["avg"]))
    case.bought("Sell", 1000, 5500, **line)
    assert (await case.reconcile()).ok
    (trade,) = case.trades()
    assert f"{round(trade['gross_pnl'], 8)} BTC FIFO" in case.expect["pnl_close_first_1000_at_5500"]


# Payloads


@scenario("C01")
async def funding_touches_no_lot(case: Case) -> None:
    qty, average = case.given["prior_pos"], case.given["prior_avg"]
    order_id = case.bought("Buy", qty, average, "SOLUSDT")
    await case.desk.record(order_id)
    before = await case.entries("SOLUSDT")
    case.desk.account.control.charge_funding("SOLUSDT", D("0.0001"))
    report = await case.reconcile()
    assert report.imported == {"Funding": case.expect["cash_rows"]}
    after = await case.entries("SOLUSDT")
    assert sum(a != b for a, b in zip(before, after, strict=True)) == case.expect["lots_changed"]
    position = await case.desk.client.get_position("SOLUSDT")
    assert (position.total_qty, position.avg_entry_price) == (D(case.expect["pos"]), D(case.expect["avg"]))
    assert len(case.desk.rows("reconcile/funding")) == case.expect["cash_rows"]


@scenario("C02")
async def deleveraging_closes(case: Case) -> None:
    await case.desk.trade("Buy", case.given["prior_pos"])
    account = case.desk.account
    account.control.deleverage(account.uid, "BTCUSDT", price=D(case.given["execPrice"]))
    assert (await case.reconcile()).ok
    (trade,) = case.trades()
    assert (trade["exit_reason"], trade["exit_price"], trade["exit_commission"]) == (
        case.expect["reason"], D(case.given["execPrice"]), D(case.given["execFee"]),
    )  # fmt: skip
    assert (await case.desk.client.get_position("BTCUSDT")).total_qty == D(case.expect["pos"])


@scenario("C03")
async def an_execution_on_two_pages_is_one(case: Case) -> None:
    qty, levels = D(case.given["qty"]), 102
    case.desk.account.control.set_depth("BTCUSDT", qty, levels=levels, category="linear")
    case.desk.order("Buy", str(qty * levels))
    case.desk.account.control.break_http(HttpFault("overlap", path="/v5/execution/list", paged=True, times=None))
    pages: list[int] = []

    def count(path: str, body: bytes) -> bytes:
        if path == "/v5/execution/list" and (rows := json.loads(body)["result"]["list"]):
            pages.append(len(rows))
        return body

    case.middle.change = count
    assert (await case.reconcile()).ok
    assert pages[: case.given["pages"]] == [100, 3]
    assert len(case.fills()) == levels
    repeated = {row["exec_id"]: row["exec_qty"] for row in case.fills()}
    assert list(repeated.values()) == [D(case.expect["qty"])] * levels * case.expect["fills"]


@scenario("C04")
async def losses_of_partial_closes(case: Case) -> None:
    case.bought("Buy", "5", case.given["avgEntryPrice"], "XRPUSDT")
    for side, qty, price in case.given["closes"]:
        case.bought(side, qty, price, "XRPUSDT")
    assert (await case.reconcile()).ok
    assert [trade["gross_pnl"] for trade in case.trades()] == [D(gross) for gross in case.expect["gross"]]


@scenario("C05")
async def a_close_without_a_basis_has_no_p_and_l(case: Case) -> None:
    ((side, qty, price),) = case.given["fills"]
    case.bought("Buy", qty, 90, "SOLUSDT")
    case.desk.account.control.advance(10 * DAY)
    since = case.desk.account.now()
    case.bought(side, qty, price, "SOLUSDT")
    report = await case.reconcile(since=since)
    assert [f.kind for f in report.problems] == ["missing_history"]
    assert not report.ok
    assert (await case.reconcile(since=since, on_unexplained="adjust")).ok
    (trade,) = case.trades()
    assert (trade["gross_pnl"], trade["net_pnl"]) == (case.expect["pnl"], case.expect["pnl"])
    assert trade["pnl_reason"]


@scenario("C06")
async def a_rejected_order_keeps_its_fills(case: Case) -> None:
    case.price("BTCUSDT", case.given["avgPrice"])
    case.desk.account.control.set_depth("BTCUSDT", D(case.given["cumExecQty"]), category="linear")
    order_id = case.desk.order(
        "Buy", case.given["qty"], orderType="Limit", price=case.given["avgPrice"], timeInForce="IOC"
    )

    def rejected(rows: list[Row]) -> list[Row]:
        return [row | {"orderStatus": case.given["orderStatus"]} for row in rows]

    case.desk.account.control.advance(1000)
    case.middle.change_rows("/v5/order/history", rejected)
    case.desk.account.control.forget_closed_orders()
    assert (await case.reconcile()).ok
    (order,) = [row for row in case.desk.rows("reconcile/orders") if row["order_id"] == order_id]
    assert (order["status"], order["cum_exec_qty"]) == (case.given["orderStatus"], D(case.expect["filled"]))
    fills = case.fills()
    assert len(fills) == case.expect["fills"]
    assert (fills[0]["exec_qty"], fills[0]["commission"]) == (D(case.expect["filled"]), D(case.given["fee"]))


@scenario("C07")
async def hedge_lines_are_told_by_their_index(case: Case) -> None:
    account = case.desk.account
    account.control.set_hedge_mode(account.uid, "XRPUSDT")
    case.bought("Sell", case.given["rows"][1]["size"], "0.5", "XRPUSDT", positionIdx=2)
    for turned in (False, True):
        order: Callable[[list[Row]], list[Row]] = partial(sorted, key=lambda row: row["positionIdx"], reverse=turned)
        case.middle.change_rows("/v5/position/list", order)
        report = await case.reconcile()
        assert report.ok
        sizes = {line.position_idx: line.venue_qty for line in report.lines if line.symbol == "XRPUSDT"}
        assert (sizes.get(1, 0), -sizes[2]) == (D(case.expect["long"]), D(case.expect["short"]))


@scenario("C08")
async def a_page_of_a_trade_and_funding(case: Case) -> None:
    for exec_type, side, qty in case.given["page"]:
        if exec_type == "Trade":
            case.bought(side, qty, 60000)
        else:
            case.desk.account.control.charge_funding("BTCUSDT", D("0.0001"))
    report = await case.reconcile()
    assert report.ok
    assert report.imported == {"Trade": case.expect["fills"], "Funding": case.expect["cash_rows"]}
    assert case.desk.books() == {(BOT, "BTCUSDT", 0): D(case.expect["pos"])}


@scenario("C09")
async def an_unknown_type_does_not_fail_its_page(case: Case) -> None:
    control = case.desk.account.control
    exec_id = control.report_execution(
        case.desk.account.uid, "BTCUSDT", case.given["execType"], side="Buy", qty=D(1), price=D(1)
    )
    case.bought("Buy", "0.2", 60000)
    report = await case.reconcile()
    assert report.quarantined == case.expect["quarantined"]
    assert [f.venue["exec_id"] for f in report.problems] == [exec_id]
    assert (len(case.fills()) == 1) is case.expect["page_survives"]
    assert case.desk.agrees()


@scenario("C10")
async def the_stream_and_the_page_tell_of_one_execution(case: Case) -> None:
    exchange = case.desk.account.exchange
    events = exchange.stream()
    await anext(events)
    case.desk.account.control.set_fees(case.desk.account.uid, "linear", D(0), D("0.0002"))
    case.bought("Buy", "0.001", 6000)
    while not isinstance(told := await anext(events), Execution):
        pass
    await events.aclose()
    assert told.fee == D(case.expect["fee"])
    await case.desk.client.record_fill(
        **fill(told.exec_id, "Buy", told.exec_qty, told.exec_price, commission=told.fee, order_id=told.order_id)
        | {"exec_time": told.exec_time}
    )
    assert (await case.reconcile()).ok
    (one,) = case.fills()
    assert (one["commission"], case.expect["fills"]) == (D(case.expect["fee"]), 1)


# Drift


@scenario("D01")
async def a_flip_closes_and_opens_by_one_execution(case: Case) -> None:
    db, venue = D(case.given["db"]), D(case.given["venue"])
    await case.desk.record(case.bought("Buy", db, "1.00", "XRPUSDT"))
    case.bought("Sell", db - venue, case.given["venue_avg"], "XRPUSDT")
    report = await case.reconcile()
    assert kinds(report) == [("flipped_while_down", BOT)]
    (_, close_side, close_qty), (_, open_side, open_qty, open_price) = case.expect["actions"]
    (trade,) = case.trades()
    (lot,) = await case.entries("XRPUSDT")
    assert (trade["side"], trade["quantity"]) == ("Buy" if close_side == "S" else "Sell", D(close_qty))
    assert (lot.side, lot.remaining_qty, lot.entry_price) == (SIDES[open_side], D(open_qty), D(open_price))
    assert (trade["entry_fill_id"] != lot.entry_id) is case.expect["distinct_ids"]


@scenario("D02")
async def what_happened_before_the_window_is_not_invented(case: Case) -> None:
    ((side, qty, price),) = case.given["fills"]
    ((_, real_qty, real_price),) = [case.expect["synthetic"]]
    case.bought(side, real_qty, real_price)
    case.desk.account.control.advance(30 * DAY)
    since = case.desk.account.now()
    case.bought(side, qty, price)
    report = await case.reconcile(since=since)
    assert [f.kind for f in report.problems] == ["missing_history"]
    (line,) = report.lines
    assert (line.venue_qty, line.venue_price) == tuple(map(D, case.given["venue"]))
    assert [(row["exec_qty"], row["exec_price"]) for row in case.fills()] == [(D(qty), D(price))]
    # The real execution is what the peer would have invented.
    assert (await case.reconcile(since=None, exchange=LINEAR)).ok
    first = (await case.entries("BTCUSDT"))[0]
    assert (first.side, first.remaining_qty, first.entry_price) == (SIDES[side], D(real_qty), D(real_price))


@scenario("D03")
async def a_cycle_that_is_over_keeps_its_p_and_l(case: Case) -> None:
    for side, qty, price in case.given["fills"]:
        case.bought(side, qty, price)
    report = await case.reconcile()
    assert report.ok
    assert [trade["gross_pnl"] for trade in case.trades()] == [D(one) for one in case.expect["realized"]]
    (line,) = report.lines
    assert (line.ledger_qty, line.venue_price) == tuple(map(D, case.given["venue"]))
    assert kinds(report) == [("opened_while_down", BOT)]


@scenario("D04")
async def real_fills_are_never_replaced_by_one_that_was_not(case: Case) -> None:
    for side, qty, price in case.given["fills"]:
        await case.desk.record(case.bought(side, qty, price))
    size, average = case.given["venue"]
    before = case.fills()
    case.middle.change_rows(
        "/v5/position/list", lambda rows: [row | {"size": size, "avgPrice": average} for row in rows]
    )
    report = await case.reconcile(since=None, exchange=LINEAR)
    (drift,) = report.problems
    assert (drift.kind, drift.ledger["qty"], drift.venue) == ("unexplained", "0.1", {"qty": size, "price": average})
    assert len(before) - len(case.fills()) == case.expect["fills_deleted"]
    assert (case.fills(), case.desk.rows("reconcile/voids")) == (before, [])
    assert [lot.entry_price for lot in await case.entries("BTCUSDT")] == [4000, 4100]


@scenario("D05")
async def the_price_of_what_is_missing_is_that_of_its_execution(case: Case) -> None:
    symbols = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
    for symbol, ((qty, price), (later, average)), expected in zip(
        symbols, case.given["rows"], case.expect["px"], strict=True
    ):
        side = "Sell" if D(qty) < 0 else "Buy"
        await case.desk.record(case.bought(side, abs(D(qty)), price, symbol))
        if "reject" in expected:
            break
        case.bought(side, abs(D(later) - D(qty)), expected, symbol)
        assert (await case.reconcile()).ok
        lots = await case.entries(symbol)
        assert lots[1].entry_price == D(expected)
        assert (await case.desk.client.get_position(symbol)).avg_entry_price == D(average)
    # No execution makes 200 at 1 of 100 at 2: its price would be 0.
    case.middle.change_rows(
        "/v5/position/list",
        lambda rows: [
            row | {"size": later, "avgPrice": average} if row["symbol"] == "XRPUSDT" else row for row in rows
        ],
    )
    assert [f.kind for f in (await case.reconcile(since=None, exchange=LINEAR)).problems] == ["unexplained"]
    assert (await case.reconcile(on_unexplained="adjust")).ok
    assert [lot.entry_price for lot in await case.entries("XRPUSDT")] == [D(2), None]


@scenario("D06")
async def an_order_does_not_lose_what_was_executed(case: Case) -> None:
    qty, filled, report_says = case.given["order_qty"], case.given["filled"], case.given["report"]
    case.price("XRPUSDT", 1)
    case.desk.account.control.set_depth("XRPUSDT", D(filled), category="linear")
    order_id = case.desk.order("Buy", qty, symbol="XRPUSDT", orderType="Limit", price="1")
    case.desk.account.control.advance(1000)
    await case.reconcile()
    case.middle.change_rows("/v5/order/realtime", lambda rows: [row | {"cumExecQty": report_says} for row in rows])
    report = await case.reconcile()
    assert [f.kind for f in report.problems] == ["order_regressed"] * case.expect["quarantine"]
    (order,) = [row for row in case.desk.rows("reconcile/orders") if row["order_id"] == order_id]
    assert (order["cum_exec_qty"] == D(report_says)) is case.expect["accept"]
    assert case.desk.books() == {(BOT, "XRPUSDT", 0): D(filled)}


@scenario("D07")
async def a_query_that_fails_is_not_flat(case: Case) -> None:
    await case.desk.trade("Buy", case.given["db"])
    before = case.fills()
    fault = HttpFault(case.given["position_query"], path="/v5/position/list", seconds=3, times=None)
    case.desk.account.control.break_http(fault)
    report = await case.reconcile(exchange={"patience": 0.2, "timeout": 0.3})
    assert (report.status, report.findings, report.lines) == ("degraded", [], [])
    assert case.fills()[len(before) :] == case.expect["actions"]
    assert case.desk.books() == {(BOT, "BTCUSDT", 0): D(case.given["db"])}


@scenario("D08")
async def a_second_run_writes_nothing(case: Case) -> None:
    await case.desk.trade("Buy", "1")
    case.bought("Sell", "0.4", 61000)
    case.desk.account.trade("Buy", "2", symbol="ETHUSDT")
    first = await case.reconcile()
    rows, versions = case.fills(), case.desk.versions()
    second = await case.reconcile()
    assert len(case.fills()) - len(rows) == case.expect["new_rows_second_run"]
    assert ([row["fill_id"] for row in case.fills()] == [row["fill_id"] for row in rows]) is case.expect["same_ids"]
    assert case.desk.versions() == versions
    assert second.run_id == first.run_id


@scenario("D09")
async def only_the_account_that_differs_is_changed(case: Case) -> None:
    desk, control = case.desk, case.desk.account.control
    acted = []
    for name, (ours, theirs) in case.given["accounts"].items():
        key = control.create_account()
        async with AsyncLedgerClient(
            f"bot_{name}", account=f"bybit:{name}:paper", database_url=desk.database_url
        ) as client:
            control.advance(1000)
            control.trade_by_hand(key.uid, "BTCUSDT", "Buy", D(ours))
            exchange = another_exchange(desk, api_key=key.api_key, api_secret=key.api_secret)
            given = {"db_client": client, "bot_id": f"bot_{name}", "exchange_client": exchange}
            assert (await desk.reconcile(**given)).imported == {"Trade": 1}
            if missing := D(ours) - D(theirs):
                control.trade_by_hand(key.uid, "BTCUSDT", "Sell", missing)
            before = case.fills()
            report = await desk.reconcile(**given)
            await exchange.close()
        assert report.ok
        assert {row["account_id"] for row in case.fills()[len(before) :]} <= {report.account_id}
        acted += [name] if report.imported else []
    assert acted == case.expect["acted"]


# Backfill and bots


@scenario("D10")
async def the_exit_has_its_own_price_not_the_mark(case: Case) -> None:
    side, qty, price = case.given["db"]
    await case.desk.record(case.bought(side, qty, price))
    exit_side, exit_qty, exit_price = case.given["exec_while_down"]
    case.bought(exit_side, exit_qty, exit_price)
    case.price("BTCUSDT", case.given["mark_at_restart"])
    assert (await case.reconcile()).ok
    (trade,) = case.trades()
    assert (trade["exit_price"], trade["gross_pnl"]) == (D(case.expect["exit_price"]), D(case.expect["gross"]))
    assert (await case.desk.client.get_position("BTCUSDT")).total_qty == D(case.expect["pos"])


@scenario("D11")
async def days_of_absence_are_fetched_in_windows(case: Case) -> None:
    await case.desk.trade("Buy", "0.5")
    began = case.desk.account.now()
    for _ in range(case.given["down_days"]):
        case.desk.account.control.advance(DAY)
        case.desk.order("Sell", "0.01")
    exchange = another_exchange(case.desk)
    until = case.desk.account.now() + timedelta(milliseconds=1)
    windows = [window async for window in exchange.executions("linear", began, until)]
    report = await case.desk.reconcile(exchange_client=exchange, since=began)
    await exchange.close()
    assert len(windows) == report.windows == case.expect["windows"]
    longest = timedelta(days=case.expect["all_windows_le_days"])
    assert all(window.until - window.since <= longest for window in windows)
    gaps = [before.until != after.since for before, after in pairwise(windows)]
    assert (any(gaps), windows[0].since, windows[-1].until) == (case.expect["gap"], began, until)
    covered = [row for row in case.desk.rows("reconcile/coverage") if row["endpoint"] == "executions"]
    assert len(covered) == 1
    assert case.desk.agrees()


@scenario("D12")
async def fills_take_their_place_in_time(case: Case) -> None:
    orders = {}
    for side, qty, price, when in sorted(case.given["arrival"], key=lambda fill: str(fill[3])):
        orders[when] = case.bought(side, qty, price, "SOLUSDT")
    for *_, when in case.given["arrival"][:2]:
        await case.desk.record(orders[when])
    assert (await case.reconcile()).ok
    lots = [[lot.side[0], int(lot.remaining_qty), int(lot.entry_price or 0)] for lot in await case.entries("SOLUSDT")]
    assert lots == case.expect["lots"]
    trades = [[int(t["entry_price"]), int(t["exit_price"]), int(t["gross_pnl"])] for t in case.trades()]
    assert trades == case.expect["trades"]


@scenario("D13")
async def what_no_bot_did_is_the_account_s(case: Case) -> None:
    net, bots = D(case.given["account_net"]), D(case.given["bots_sum"])
    await case.desk.trade("Buy", str(bots))
    case.desk.account.trade("Sell", str(bots - net))
    report = await case.reconcile()
    assert case.desk.books()[case.expect["account"], "BTCUSDT", 0] == D(case.expect["residual"])
    assert (("opened_outside", "external") in kinds(report)) is case.expect["alert"]
    (line,) = report.lines
    assert (line.ledger_qty, line.venue_qty) == (net, net)


@scenario("D14")
async def bots_against_each_other(case: Case) -> None:
    await case.desk.registered("B")
    (side_a, qty_a, price_a), (side_b, qty_b, price_b) = case.given["botA"], case.given["botB"]
    case.bought(side_a, qty_a, price_a, "SOLUSDT")
    case.bought(side_b, qty_b, price_b, "SOLUSDT", bot="B")
    report = await case.reconcile()
    assert report.ok is case.expect["reconciled"]
    assert case.desk.venue() == {("SOLUSDT", 0): D(case.expect["venue"])}
    assert case.desk.books() == {
        (name, "SOLUSDT", 0): D(qty) for name, qty in zip((BOT, "B"), case.expect["per_bot"].values(), strict=True)
    }


@scenario("D15")
async def a_position_that_was_updated_after_its_execution_is_no_drift(case: Case) -> None:
    await case.desk.trade("Buy", "0.5")
    ahead = case.given["position_updated"] - case.given["exec_ts"]
    (row,) = case.desk.executions()

    def later(rows: list[Row]) -> list[Row]:
        return [one | {"updatedTime": str(int(row["execTime"]) + ahead)} for one in rows]

    case.middle.change_rows("/v5/position/list", later)
    report = await case.reconcile()
    assert (report.ok, bool(report.problems)) == (True, case.expect["drift"])
