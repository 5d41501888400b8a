"""A bot that reconciles owns its stdout: what goes wrong meanwhile is said on stderr, or where its logging says."""

import asyncio
import os
import sys
from pathlib import Path

import reconcile
from reconcile.paper.faults import HttpFault
from tests.bybit_account import START
from tests.reconciling import BOT, Desk

PROGRAM = """
import asyncio
from datetime import datetime
import logging, os, sys
from ledger import AsyncLedgerClient
from reconcile import reconcile_positions_on_startup
from reconcile.bybit import BybitExchange, load_settings

if "configured" in sys.argv:
    logging.basicConfig(filename=sys.argv[2], level=logging.INFO, format="%(name)s: %(message)s")

async def main():
    exchange = BybitExchange(load_settings())
    async with AsyncLedgerClient(os.environ["BOT"], account="bybit:main:paper") as ledger:
        report = await reconcile_positions_on_startup(
            os.environ["BOT"], ledger, exchange, since=datetime.fromisoformat(os.environ["SINCE"]), settle=0.03
        )
    await exchange.close()
    print(report.status)

asyncio.run(main())
"""


async def run(desk: Desk, *arguments: str) -> tuple[str, str]:
    """What the bot prints, by a key that may withdraw and at a venue that must be asked twice."""
    key = desk.account.control.create_key(desk.account.uid, withdraw=True)
    desk.account.control.break_http(HttpFault("ret_code", code=10016, message="Server error.", times=1))
    environment = {
        "LEDGER_DATABASE_URL": desk.database_url,
        "LEDGER_REDIS_URL": desk.redis_url,
        "BYBIT_API_KEY": key.api_key,
        "BYBIT_API_SECRET": key.api_secret,
        "BYBIT_ENVIRONMENT": "paper",
        "BYBIT_ENDPOINT": desk.account.paper.url,
        "BYBIT_STREAM_URL": desk.account.paper.ws_url,
        "BYBIT_CATEGORIES": "linear",
        "BYBIT_FIRST_WAIT": "0.05",
        "BOT": BOT,
        "SINCE": START.isoformat(),
        "PYTHONPATH": str(Path(reconcile.__file__).parents[1]),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", PROGRAM, *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    assert key.api_secret not in err.decode()
    return out.decode(), err.decode()


async def test_warnings_are_on_stderr_and_stdout_is_the_bots_own(desk: Desk) -> None:
    desk.order("Buy", "1")
    out, err = await run(desk)
    assert out == "ok\n"
    told = err.splitlines()
    assert len(told) == 2
    assert [line for line in told if line.startswith("venue asked again endpoint=")]
    assert [line for line in told if line.startswith("this key can withdraw; one that can only read is enough uid=")]


async def test_a_bot_that_configures_logging_has_it_there_alone(desk: Desk, tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    out, err = await run(desk, "configured", str(log))
    assert (out, err) == ("ok\n", "")
    assert "reconcile.bybit.calls: venue asked again endpoint=" in log.read_text(encoding="utf-8")
