"""A reconciliation that is killed at any moment is ended by the next one."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.reconciling import BOT, Desk

MOMENTS = [("orders", 1), ("fills", 5), ("covered", 1), ("fills", 25), ("trades", 20), ("runs", 1)]


def start(desk: Desk) -> "subprocess.Popen[str]":
    key = desk.account.credentials
    given = {
        "bot": BOT,
        "database": desk.database_url,
        "redis": desk.redis_url,
        "exchange": {
            "api_key": key.api_key,
            "api_secret": key.api_secret,
            "endpoint": desk.account.paper.url,
            "categories": "linear",
        },
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.doomed_reconciler", json.dumps(given)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_when(desk: Desk, what: str, count: int) -> None:
    with start(desk) as process:
        end = time.monotonic() + 60
        while desk.rows("reconcile/progress")[0][what] < count and process.poll() is None:
            assert time.monotonic() < end
        process.kill()


@pytest.mark.parametrize(("what", "count"), MOMENTS)
async def test_killed_and_run_again(desk: Desk, what: str, count: int) -> None:
    await desk.trade("Buy", "2")
    for number in range(50):
        desk.order("Buy" if number % 3 == 2 else "Sell", "0.05")
        desk.account.control.advance(12 * 3_600_000)
    kill_when(desk, what, count)
    report = await desk.reconcile()
    assert report.ok
    assert desk.agrees()
    assert desk.rows("reconcile/progress")[0]["fills"] == 51
    assert all(cycle.fitted for cycle in report.cycles)
    before = desk.everything()
    await desk.reconcile()
    assert desk.everything() == before
    assert (await desk.client.get_position("BTCUSDT")).total_qty == desk.books()[BOT, "BTCUSDT", 0]


async def test_a_killed_one_does_not_stop_one_that_waits(desk: Desk) -> None:
    for _ in range(5):
        desk.order("Buy", "0.05")
        desk.account.control.advance(7 * 86_400_000)
    with start(desk) as first, start(desk) as second:
        while not desk.rows("reconcile/progress")[0]["orders"]:
            assert first.poll() is None
            assert second.poll() is None
        first.kill()
        assert second.communicate(timeout=60)[0] == "ok\n"
    assert desk.agrees()
