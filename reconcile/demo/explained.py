"""The tables that explain an outage, and the checks of every number in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.client import LedgerClient
from ledger.demo.report import Report, show
from ledger.session import EXTERNAL
from reconcile.demo.scene import DEPOSIT
from reconcile.startup.report import ReconciliationReport

# Symbol, type, side, quantity, price, fee, owner: what the ledger did not have, oldest first.
IMPORTED = [
    ("BTCUSDT", "Trade", "Buy", "0.1", "60500", "3.3275", "the bot"),
    ("BTCUSDT", "Funding", None, "0.3", "60500", "1.815", "the bot"),
    ("ETHUSDT", "Funding", None, "4", "3000", "-1.2", "the bot"),
    ("SOLUSDT", "Trade", "Buy", "20", "150", "1.65", "nobody"),
    ("SOLUSDT", "Trade", "Sell", "20", "153.5", "1.6885", "nobody"),
    ("BTCUSDT", "Funding", None, "0.3", "60500", "-0.9075", "the bot"),
    ("ETHUSDT", "Funding", None, "4", "3000", "0.6", "the bot"),
    ("BTCUSDT", "Trade", "Sell", "0.2", "57912.4", "6.370364", "the bot"),
    ("BTCUSDT", "Trade", "Sell", "0.1", "57912.3", "3.1851765", "the bot"),
    ("ETHUSDT", "Trade", "Buy", "2", "2900", "1.16", "the bot"),
    ("XRPUSDT", "Trade", "Buy", "1000", "0.5", "0.275", "nobody"),
    ("ETHUSDT", "Funding", None, "2", "2900", "-0.58", "the bot"),
    ("XRPUSDT", "Funding", None, "1000", "0.5", "0.05", "nobody"),
]
FINDINGS = {
    ("BTCUSDT", "closed_while_down"),
    ("ETHUSDT", "reduced_while_down"),
    ("SOLUSDT", "traded_while_down"),
    ("XRPUSDT", "opened_outside"),
}
LINES = [("BTCUSDT", "0"), ("ETHUSDT", "-2"), ("SOLUSDT", "0"), ("XRPUSDT", "1000")]
CYCLES = [("BTCUSDT", "-695.7730405"), ("SOLUSDT", "66.6615")]
CHANGE = Decimal("-436.9240405")


def owner(bot_id: str | None, bot: str) -> str:
    """Whose it is, in words."""
    return "the bot" if bot_id == bot else "nobody" if bot_id == EXTERNAL else str(bot_id)


def show_findings(report: Report, bot: str, found: ReconciliationReport) -> None:
    """What became of each book."""
    report.table(
        "What happened meanwhile",
        ("symbol", "book of", "what", "before", "after", "by"),
        [
            (
                one.symbol, owner(one.bot_id, bot), one.kind, Decimal(one.ledger.get("before") or 0),
                Decimal(one.ledger.get("after") or 0), one.venue.get("reasons", ""),
            )
            for one in found.findings
        ],
    )  # fmt: skip
    kinds = {(one.symbol, one.kind) for one in found.findings}
    report.expect("the stop closed, the take-profit reduced, and a person traded", kinds, FINDINGS)


def show_executions(report: Report, bot: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Every execution of the account as the journal has it, and who brought it."""
    report.table(
        "Every execution and whose it is; new: the ledger did not have it",
        ("January", "symbol", "what", "side", "qty", "price", "fee", "whose", ""),
        [
            (
                _time(row["exec_time"]), row["symbol"], row["close_reason"] or row["exec_type"].lower(), row["side"],
                row["exec_qty"], row["exec_price"], row["commission"], owner(row["bot_id"], bot),
                "new" if row["source"] == "exchange" else "",
            )
            for row in rows
        ],
    )  # fmt: skip
    found = [
        (
            row["symbol"], row["exec_type"], row["side"], row["exec_qty"], row["exec_price"], row["commission"],
            owner(row["bot_id"], bot),
        )
        for row in rows
        if row["source"] == "exchange"
    ]  # fmt: skip
    # Two executions of one moment come in any order.
    found.sort(key=str)
    wanted = sorted(((*one[:3], *map(Decimal, one[3:6]), one[6]) for one in IMPORTED), key=str)
    report.expect(f"{len(wanted)} that the ledger lacked, each with its owner and its real price", found, wanted)
    report.say("  The stop stood at 58,000; it was filled at 57,912.4 and 57,912.3, which is booked.")


def show_lines(report: Report, bot: str, found: ReconciliationReport) -> None:
    """Both sides of every line."""
    report.table(
        "Positions",
        ("symbol", "of the bot", "of nobody’s", "ledger", "Bybit", "difference"),
        [
            (
                line.symbol, line.bots.get(bot, Decimal(0)), line.bots.get(EXTERNAL, Decimal(0)), line.ledger_qty,
                line.venue_qty, line.difference,
            )
            for line in found.lines
        ],
    )  # fmt: skip
    wanted = [(symbol, Decimal(qty), Decimal(qty)) for symbol, qty in LINES]
    compared = [(line.symbol, line.ledger_qty, line.venue_qty) for line in found.lines]
    report.expect("ledger and exchange have the same", compared, wanted)


def show_cycles(report: Report, found: ReconciliationReport) -> None:
    """P&L from flat to flat, as either side computed it."""
    report.table(
        "P&L from flat to flat, and Bybit’s own closed P&L",
        ("symbol", "opened", "closed", "ledger\nFIFO, net", "Bybit\nmoving average", "difference"),
        [
            (
                one.symbol, _time(one.since), _time(one.until), one.ledger_net, one.venue_pnl,
                one.ledger_net - one.venue_pnl,
            )
            for one in found.cycles
        ],
    )  # fmt: skip
    wanted = [(symbol, Decimal(pnl), Decimal(pnl)) for symbol, pnl in CYCLES]
    compared = [(one.symbol, one.ledger_net, one.venue_pnl) for one in found.cycles]
    report.expect("the same to the last digit", compared, wanted)


def show_wallet(report: Report, owners: Mapping[str, LedgerClient], balance: Decimal) -> None:
    """The change of the wallet is what was earned, what funding moved, and the fees of what is still open."""
    rows: list[tuple[str, Decimal, Decimal, Decimal, Decimal]] = []
    for name, client in owners.items():
        pnl = client.realized_pnl()
        of_trades, funding = (pnl.gross or Decimal(0)) - (pnl.commissions or Decimal(0)), -(pnl.funding or Decimal(0))
        fees = -sum((lot.remaining_commission for lot in client.get_open_position_entries()), Decimal(0))
        rows.append((name, of_trades, funding, fees, of_trades + funding + fees))
    report.table("Where the money went, in USDT", ("", "net P&L", "funding", "fees of what is open", "sum"), rows)
    explained = sum((row[-1] for row in rows), Decimal(0))
    report.expect(
        f"the wallet went from {show(DEPOSIT)} to {show(balance)}: all explained",
        (explained, balance - DEPOSIT),
        (CHANGE, CHANGE),
    )


def _time(at: datetime) -> str:
    return f"{at:%d %H:%M}"
