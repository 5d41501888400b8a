"""Real executions of Bybit, as it answered them."""

from decimal import Decimal
from pathlib import Path

from ledger.demo.bybit import execution, order, read_page
from ledger.demo.report import show_lots, show_trades
from ledger.demo.stage import Stage

_PAYLOADS = Path(__file__).parent / "payloads"
EXECUTIONS = (
    "jkorf_GetUserTrades.txt",
    "hirokisan_private-v5-execution.json",
    "hirokisan_v5-execution-get-execution-list.json",
    "ccxt_fetchMyTrades_spot_buy_no_feeCurrency.json",
    "ccxt_fetchMyTrades_linear_funding.json",
    "ccxt_fetchMyTrades_spot_buy_feeCurrency_base.json",
    "ccxt_fetchMyTrades_linear_trade_empty_feeCurrency.json",
)
ORDERS = "ccxt_fetchClosedOrders_linear_roundtrip.json"
# Category, symbol, side, quantity, price, commission, its currency, by time of the execution.
LOTS = [
    ("linear", "ETHPERP", "Buy", "0.1", "1190.15", "0.071409", "USDC"),
    ("linear", "XRPUSDT", "Sell", "25", "0.3374", "0.005061", "USDT"),
    ("linear", "BTCUSDT", "Sell", "0.01", "26816.8", "0.1609008", "USDT"),
    ("spot", "BTCUSDT", "Buy", "0.000335664", "29708.7", "0.0099821232", "USDT"),
    ("spot", "ETHUSDT", "Buy", "0.000999", "2453.65", "0.00245365", "USDT"),
    ("linear", "LTCUSDT", "Buy", "0.1", "85.11", "0.00468105", "USDT"),
]


def executions(stage: Stage) -> None:
    """Books seven executions: trades, spot purchases with the fee in the base coin, funding."""
    report = stage.report
    report.heading("Real executions of Bybit")
    rows = [row for name in EXECUTIONS for row in read_page((_PAYLOADS / name).read_text(encoding="utf-8"))]
    fills = [execution(category, row) for category, row in rows]
    report.table(
        "As Bybit reported them",
        ("category", "symbol", "type", "side", "quantity", "price", "fee", "in coin"),
        [
            (
                f["category"], f["symbol"], f["exec_type"], f["side"], Decimal(f["exec_qty"]),
                Decimal(f["exec_price"]), Decimal(f["commission"]), f["commission_asset"] or "settle",
            )
            for f in fills
        ],
    )  # fmt: skip
    with stage.client("bybit") as bot:
        new = [result.duplicate for result in bot.record_fills(fills)]
        report.expect("all seven are new", new, [False] * 7)
        lots = bot.get_open_position_entries()
        show_lots(report, "What they opened", lots)
        found = [
            (lot.category, lot.symbol, lot.side, lot.remaining_qty, lot.entry_price, lot.entry_commission,
             lot.commission_asset)
            for lot in lots
        ]  # fmt: skip
        wanted = [(*lot[:3], *(Decimal(number) for number in lot[3:6]), lot[6]) for lot in LOTS]
        report.expect("six lots; a spot fee in the base coin shortens its lot and costs quote", found, wanted)
        pnl = bot.realized_pnl("LTCUSDT")
        report.expect(
            "funding moved cash and no position", (pnl.funding, pnl.net), (Decimal("0.00867"), Decimal("-0.00867"))
        )
        again = [result.duplicate for result in bot.record_fills(reversed(fills))]
        report.expect("the same pages once more: all seven known", again, [True] * 7)


def orders(stage: Stage) -> None:
    """Books two filled orders of which no execution is known."""
    report = stage.report
    report.heading("Two real orders, known only as a whole")
    report.say("A fill without an execution id stands for its whole order until the order's executions arrive.")
    rows = read_page((_PAYLOADS / ORDERS).read_text(encoding="utf-8"))
    with stage.client("orders") as bot:
        bot.record_fills(order(category, row) for category, row in rows)
        trades = bot.get_completed_trades()
        show_trades(report, "The round trip", trades)
        found = [(trade.gross_pnl, trade.net_pnl) for trade in trades]
        report.expect("-0.9681 gross, -1.10341535 net", found, [(Decimal("-0.9681"), Decimal("-1.10341535"))])
        report.expect("and flat again", bot.get_position("BTCUSDT").side, "None")
