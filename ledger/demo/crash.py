"""A bot that is killed after its fill is committed and before the cache knows of it."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ledger.demo.report import show
from ledger.demo.stage import Stage, full_account

BOT = "crash"
SYMBOL = "SOLUSDT"
FIRST: dict[str, Any] = {
    "symbol": SYMBOL, "side": "Buy", "exec_qty": "10", "exec_price": "200",
    "exec_time": datetime(2026, 1, 5, 20, tzinfo=UTC), "exec_id": "crash-1",
}  # fmt: skip
SECOND: dict[str, Any] = {**FIRST, "exec_qty": "5", "exec_price": "206", "exec_id": "crash-2"}
# An announcement counts as long as its write may take; short, so that the demo can wait for its end.
_PATIENCE = {"LEDGER_RETRY_TIMEOUT": "0", "LEDGER_STATEMENT_TIMEOUT": "1.5", "LEDGER_CONNECT_TIMEOUT": "1.5"}
_LONGEST_WAIT = 30


def crash(stage: Stage) -> None:
    """Kills a process between commit and cache, and shows that nobody reads the old value."""
    report = stage.report
    report.heading("Killed between commit and cache")
    if stage.redis_url is None:
        report.say("No Redis is configured (LEDGER_REDIS_URL), so there is no cache that could be wrong.")
        return
    with stage.client(BOT) as bot:
        bot.record_fill(**FIRST)
        report.expect("10 SOLUSDT are open, and cached", stage.cached(BOT, SYMBOL).get("size"), "10")
    report.say(
        "A second process books 5 more. It is killed with SIGKILL after the commit, before the cache is written."
    )
    report.expect("the process died by signal 9", _killed_writer(stage), -9)
    entry = stage.cached(BOT, SYMBOL)
    report.expect("Redis still has the old size", entry.get("size"), "10")
    report.expect("and the announcement that the dead process made before its commit", "pending" in entry, True)
    with stage.client(BOT) as bot:
        position = bot.get_position(SYMBOL)
        report.expect(
            f"an announced entry is not trusted: the read answers 15 at {show(Decimal(202))}",
            (position.total_qty, position.avg_entry_price),
            (Decimal(15), Decimal(202)),
        )
        again = bot.record_fill(**SECOND)
        report.expect("the bot, restarted, delivers it again: known already", again.duplicate, True)


def healed(stage: Stage) -> None:
    """Waits until the dead process' announcement has run out, and shows that a read repairs the entry."""
    report = stage.report
    if stage.redis_url is None:
        return
    report.heading("The cache after the crash")
    end = time.monotonic() + _LONGEST_WAIT
    with stage.client(BOT) as bot, report.console.status("Waiting until the dead process' announcement runs out"):
        while "pending" in stage.cached(BOT, SYMBOL) and time.monotonic() < end:
            bot.get_position(SYMBOL)
            time.sleep(0.1)
        repaired = stage.cached(BOT, SYMBOL)
        size = bot.get_position(SYMBOL).total_qty
    report.expect("the announcement has run out", "pending" in repaired, False)
    report.expect("the next read repaired the entry", (repaired.get("size"), size), ("15", Decimal(15)))


def _killed_writer(stage: Stage) -> int:
    """Starts the second process, kills it where it stands, and answers how it ended."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "ledger.demo.doomed", stage.bot_id(BOT), full_account(stage.account)],
        env={**stage.environment, **_PATIENCE},
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        if writer.stdout is not None and writer.stdout.readline().strip() == "committed":
            writer.kill()
        return writer.wait()
