"""The same executions again, and in every other order: the result is a function of the set."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from ledger.client import LedgerClient
from ledger.demo.day import BOT, FILLS, conflict
from ledger.demo.report import Report
from ledger.demo.stage import Stage
from ledger.values import Row

# What depends on who booked it and when; all else must be the same.
_OF_THE_BOOKING = {
    "entry_id", "entry_fill_id", "exit_fill_id", "bot_id", "book_seq", "updated_at",
}  # fmt: skip

Delivery = Callable[[LedgerClient, Sequence[Mapping[str, Any]]], object]


def again(stage: Stage) -> None:
    """Delivers the day a second time, then to fresh bots backwards, shuffled and in one batch."""
    report = stage.report
    report.heading("The same executions again, and in another order")
    report.say("A stream that reconnects, a backfill, a second copy of the bot: all of them deliver what is known.")
    with stage.client(BOT) as bot:
        before = result_of(bot)
        repeated = [bot.record_fill(**fill).duplicate for fill in FILLS]
        report.expect("delivered again, all six are recognized", repeated, [True] * 6)
        _expect_same(report, "and nothing has changed", result_of(bot), before)
    conflict(stage)
    report.say("Late executions make the ledger derive a book anew from the last moment at which that is possible.")
    backwards, shuffled = list(reversed(FILLS)), list(FILLS)
    random.Random(7).shuffle(shuffled)  # noqa: S311 - any order serves, the same one each time  # nosec B311
    orders: list[tuple[str, Sequence[Mapping[str, Any]], Delivery]] = [
        ("backwards, one by one", backwards, _one_by_one),
        ("shuffled, in one batch", shuffled, lambda bot, fills: bot.record_fills(fills)),
    ]
    for number, (how, fills, deliver) in enumerate(orders):
        # An execution is booked once for an account, so each fresh bot has an account of its own.
        with stage.client(f"again_{number}", f"{stage.account}_again_{number}") as bot:
            deliver(bot, fills)
            _expect_same(report, f"a fresh bot, {how}: the same lots, trades and P&L", result_of(bot), before)


Result = dict[str, list[dict[str, Any]]]


def result_of(bot: LedgerClient) -> Result:
    """All that follows from the day's executions."""
    symbols = sorted({fill["symbol"] for fill in FILLS})
    return {
        "positions": _values(bot.get_position(symbol) for symbol in symbols),
        "lots": _values(bot.get_open_position_entries()),
        "trades": _values(bot.get_completed_trades()),
        "pnl": _values(bot.realized_pnl(symbol) for symbol in symbols),
    }


def _expect_same(report: Report, what: str, found: Result, wanted: Result) -> None:
    """Names the values that differ instead of printing everything there is."""
    nothing: dict[str, Any] = {}
    differing = [
        f"{kind} {number}: {name} {row.get(name)} instead of {other.get(name)}"
        for kind in wanted
        for number, (row, other) in enumerate(zip_longest(found[kind], wanted[kind], fillvalue=nothing))
        for name in {**other, **row}
        if row.get(name) != other.get(name)
    ]
    report.expect(what, "; ".join(differing), "")


def _values(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in _OF_THE_BOOKING} for row in rows]


def _one_by_one(bot: LedgerClient, fills: Sequence[Mapping[str, Any]]) -> None:
    for fill in fills:
        bot.record_fill(**fill)
