"""The trading day: scaling in, closing, a short, a flip."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ledger.demo.report import Report, show, show_lots, show_trades
from ledger.demo.stage import Stage
from ledger.errors import ConflictingFillError


def _fill(
    number: int, hour: int, symbol: str, side: str, *, qty: str, price: str, fee: str, reason: str | None = None
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "side": side,
        "exec_qty": Decimal(qty),
        "exec_price": Decimal(price),
        "commission": Decimal(fee),
        "exec_time": datetime(2026, 1, 5, hour, tzinfo=UTC),
        "exec_id": f"day-{number}",
        "order_id": f"order-{number}",
        "close_reason": reason,
    }


FILLS = (
    _fill(1, 9, "BTCUSDT", "Buy", qty="100", price="50000", fee="10"),
    _fill(2, 10, "BTCUSDT", "Buy", qty="50", price="51000", fee="5"),
    _fill(3, 15, "BTCUSDT", "Sell", qty="120", price="53000", fee="10", reason="take_profit"),
    _fill(4, 16, "ETHUSDT", "Sell", qty="10", price="3000", fee="6"),
    _fill(5, 17, "ETHUSDT", "Buy", qty="4", price="2900", fee="2", reason="partial"),
    _fill(6, 18, "ETHUSDT", "Buy", qty="16", price="2950", fee="8", reason="reversal"),
)
BOT = "day"


def show_fills(report: Report, title: str, fills: tuple[Mapping[str, Any], ...]) -> None:
    """Executions as they are about to be delivered."""
    report.table(
        title,
        ("execution", "symbol", "side", "quantity", "price", "commission"),
        [(f["exec_id"], f["symbol"], f["side"], f["exec_qty"], f["exec_price"], f["commission"]) for f in fills],
    )


def scale_in(stage: Stage) -> None:
    """100 and 50 bought at different prices, 120 sold: the oldest are sold first."""
    report = stage.report
    report.heading("Scaling in, and out: the oldest lot closes first")
    show_fills(report, "Three executions", FILLS[:3])
    with stage.client(BOT) as bot:
        bot.record_fill(**FILLS[0])
        bought = bot.record_fill(**FILLS[1]).position
        report.expect("after both purchases 150 are open", bought.total_qty, Decimal(150))
        average = Decimal("50333.333333333333333333")
        report.expect(f"at {show(average)} on average", bought.avg_entry_price, average)
        sold = bot.record_fill(**FILLS[2])
        show_trades(report, "What the sale completed", sold.completed_trades)
        first, second = sold.completed_trades
        report.expect("100 from 50,000: +300,000 gross", first.gross_pnl, Decimal(300000))
        report.expect("20 from 51,000: +40,000 gross", second.gross_pnl, Decimal(40000))
        report.expect(
            "the sale's commission of 10 is shared 100 : 20",
            (first.exit_commission, second.exit_commission),
            (Decimal("8.333333333333333333"), Decimal("1.666666666666666667")),
        )
        report.expect("and both shares add up to it", first.exit_commission + second.exit_commission, Decimal(10))
        report.expect("first trade, net", first.net_pnl, Decimal("299981.666666666666666667"))
        report.expect("second trade, net", second.net_pnl, Decimal("39996.333333333333333333"))
        lots = bot.get_open_position_entries("BTCUSDT")
        show_lots(report, "What stays open", lots)
        rest = [(lot.remaining_qty, lot.entry_price, lot.remaining_commission) for lot in lots]
        report.expect("30 at 51,000, with 3 of its commission", rest, [(Decimal(30), Decimal(51000), Decimal(3))])
        pnl = bot.realized_pnl("BTCUSDT")
        report.expect(
            "realized: 340,000 gross, 22 commissions, 339,978 net",
            (pnl.gross, pnl.commissions, pnl.net),
            (Decimal(340000), Decimal(22), Decimal(339978)),
        )


def short_and_flip(stage: Stage) -> None:
    """A short, a part of it bought back, and a purchase that turns it into a long."""
    report = stage.report
    report.heading("A short, and a flip")
    show_fills(report, "Three more", FILLS[3:])
    with stage.client(BOT) as bot:
        short = bot.record_fill(**FILLS[3]).position
        report.expect("10 sold first: a short, side Sell", (short.side, short.total_qty), ("Sell", Decimal(10)))
        partial = bot.record_fill(**FILLS[4]).completed_trades
        flip = bot.record_fill(**FILLS[5])
        show_trades(report, "Bought back", [*partial, *flip.completed_trades])
        net = [trade.net_pnl for trade in [*partial, *flip.completed_trades]]
        report.expect("+395.6 and +293.4 net", net, [Decimal("395.6"), Decimal("293.4")])
        report.expect(
            "16 bought against a short of 6: a long of 10 at 2,950, side Buy",
            (flip.position.side, flip.position.total_qty, flip.position.avg_entry_price),
            ("Buy", Decimal(10), Decimal(2950)),
        )
        opened = flip.entry.entry_commission if flip.entry else None
        report.expect("of its commission of 8, 3 closed and 5 opened", opened, Decimal(5))
        noon = bot.position_as_of("BTCUSDT", datetime(2026, 1, 5, 12, tzinfo=UTC))
        report.expect("replayed from the journal: 150 BTCUSDT were open at noon", noon.total_qty, Decimal(150))


def conflict(stage: Stage) -> None:
    """The same execution id with another price is refused."""
    with stage.client(BOT) as bot:
        told = ""
        try:
            bot.record_fill(**{**FILLS[0], "exec_price": Decimal("50000.5")})
        except ConflictingFillError as error:
            told = ", ".join(error.fields)
            stage.report.say(f"  {error}")
        stage.report.expect("the same id with another price is refused, naming the field", told, "exec_price")
