"""`python -m tests.benchmarks.service`: the service under load of a local Bybit: lag of booking, memory, agreement.

Three bots of one account trade through pybit in real time and write nothing themselves: the service books all of it.
Every execution's lag is the database's moment of booking less the venue's moment of execution, on one clock.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import psycopg
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from reconcile.paper.server import paper_bybit
from tests.bybit_account import BybitAccount, settings_of
from tests.servers import new_ledger, running_servers
from tests.serving import Service, environment_of
from tests.statements import statement

SYMBOLS = ("BTCUSDT", "ETHUSDT")
BOTS = ("scaler", "momentum", "short_seller")


@asynccontextmanager
async def _account() -> AsyncIterator[BybitAccount]:
    from reconcile.bybit import BybitExchange

    async with paper_bybit(rate_limits=True) as paper:
        credentials = paper.control.create_account()
        for symbol in SYMBOLS:
            paper.control.set_depth(symbol, Decimal("0.02"), levels=3)
            paper.control.walk(symbol, 500, Decimal("0.05"))
        exchange = BybitExchange(settings_of(paper, credentials))
        yield BybitAccount(paper, credentials, exchange)
        await exchange.close()


def _trade(session: HTTP, rng: random.Random, number: int) -> None:
    bot, symbol = rng.choice(BOTS), rng.choice(SYMBOLS)
    side = "Sell" if bot == "short_seller" else "Buy"
    if rng.random() < 0.5:
        side = "Buy" if side == "Sell" else "Sell"
    session.place_order(
        category="linear",
        symbol=symbol,
        side=side,
        orderType="Market",
        qty="0.05",
        orderLinkId=f"{bot}-load-{number:09d}",
    )


async def _load(
    session: HTTP, minutes: float, rate: float, service: Service, began: float
) -> list[tuple[float, float]]:
    """Orders at a steady rate; answers minutes and resident megabytes of the service, every ten seconds."""
    rng = random.Random(1)
    memory: list[tuple[float, float]] = []
    process = psutil.Process(service.process.pid)
    number = 0
    while (passed := time.monotonic() - began) < minutes * 60:
        if passed >= len(memory) * 10:
            memory.append((passed / 60, process.memory_info().rss / 2**20))
        await asyncio.to_thread(_trade, session, rng, number)
        number += 1
        await asyncio.sleep(max(0.0, number / rate - (time.monotonic() - began)))
    return memory


async def main(minutes: float, rate: float) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        running_servers(None, None) as servers,
        new_ledger(servers.admin_url, "service_load") as url,
    ):
        for bot in BOTS:
            with LedgerClient(bot, account="bybit:main:paper", database_url=url) as client:
                client.register()
        async with _account() as account:
            known = {"LEDGER_DATABASE_URL": url, "LEDGER_REDIS_URL": servers.redis_url, "LEDGER_ACCOUNT": "main"}
            since = account.now().isoformat()
            settings: dict[str, Any] = {"SINCE": since, "LOG_LEVEL": "INFO", "RECONCILE_EVERY": 60}
            with Service(Path(directory), known | environment_of(account), **settings) as service:
                await asyncio.to_thread(service.live)
                session = HTTP(api_key=account.credentials.api_key, api_secret=account.credentials.api_secret)
                session.endpoint = account.paper.url
                memory = await _load(session, minutes, rate, service, time.monotonic())
                await asyncio.sleep(3)
                _report(url, memory, service.status(), len(service.log.splitlines()))
                print("exit code after SIGTERM:", await asyncio.to_thread(service.stop))
                print(
                    *[line for line in service.log.splitlines() if "warning" in line or "error" in line][-10:], sep="\n"
                )


def _report(url: str, memory: list[tuple[float, float]], status: dict[str, Any], lines: int) -> None:
    with psycopg.connect(to_conninfo(url)) as connection:
        lags = sorted(float(lag) for (lag,) in connection.execute(statement("benchmark/lags")))
    account = status["accounts"]["main"]
    print(
        f"executions booked: {len(lags):,}; reconciliation: {account['reconciliation']}, residual {account['residual']}"
    )
    cuts = statistics.quantiles(lags, n=1000)
    print(f"lag: p50 {cuts[499] * 1000:.0f} ms, p99 {cuts[989] * 1000:.0f} ms, largest {lags[-1] * 1000:.0f} ms")
    print(f"memory: {memory[0][1]:.1f} MB at the start, {memory[-1][1]:.1f} MB after {memory[-1][0]:.0f} min")
    step = max(len(memory) // 12, 1)
    print("  " + ", ".join(f"{minute:.0f} min {mb:.1f}" for minute, mb in memory[::step]))
    jobs = {key: (job["last_ok"], job["last_result"]) for key, job in status["jobs"].items()}
    print(f"jobs: {jobs}; {lines} log lines")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--rate", type=float, default=5, help="orders a second; each has up to three executions")
    given = parser.parse_args()
    asyncio.run(main(given.minutes, given.rate))
