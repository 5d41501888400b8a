"""Times as they can be: clocks that jump, time zones, DST, leap days, fills of the future and of 1970.

A fill's time is the venue's, with its zone; whatever clocks the machine and its processes have, and in whatever zone,
the same fills give the same lots and the same P&L. Processes run with clocks of their own by libfaketime.
"""

import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from tests.faults.boundaries.subjects import broken
from tests.faults.scenario import NotPossibleHereError, Run
from tests.faults.servers.postgres import ledger
from tests.fills import SYMBOL, fill
from tests.statements import statement

_ACCOUNT = "main"
_ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati")
# Both sides of what is odd: the hour that comes twice, the one that never comes, a leap day, a year's end, the first
# second of Unix time, what 32 bits cannot hold, and what is yet to come.
_MOMENTS = (
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 3, 1, tzinfo=UTC),
    datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2025, 3, 30, 1, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2025, 3, 30, 3, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2025, 11, 2, 1, 30, tzinfo=ZoneInfo("America/New_York")),
    datetime(2025, 11, 2, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York")),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    datetime(2099, 2, 28, 12, tzinfo=UTC),
)
_SPAWN = multiprocessing.get_context("spawn")


def odd_fills() -> list[dict[str, Any]]:
    """One fill at each odd moment, in order: each closes the lot of the one before it and opens another."""
    return [
        fill(f"t{n}", "Buy" if n % 2 == 0 else "Sell", 1 if n == 0 else 2, 100 + n, exec_time=at, commission="0.1")
        for n, at in enumerate(_MOMENTS)
    ]


def times(run: Run) -> None:
    """The same fills, written in each zone, in another order each time: one result."""
    with ledger(run) as (url, redis_url):
        fills, wanted = odd_fills(), None
        for zone in run.random.sample(_ZONES, 2) if run.quick else _ZONES:
            mixed = run.random.sample(fills, len(fills))
            there = [{**one, "exec_time": one["exec_time"].astimezone(ZoneInfo(zone))} for one in mixed]
            found = _written(there, zone, (url, redis_url))
            run.counts["fills"] += len(fills)
            run.expect(found["times"] == [at.astimezone(UTC) for at in _MOMENTS], f"{zone}: other times are stored")
            wanted = wanted or found
            run.expect(found == wanted, f"{zone}: {found}, and not {wanted}")
        held = [later.astimezone(UTC) - earlier.astimezone(UTC) for earlier, later in pairwise(_MOMENTS)]
        assert wanted is not None
        run.expect(wanted["held"] == held, f"lots were held for {wanted['held']}, and not {held}")
        run.problems += broken(url)


def _written(fills: list[dict[str, Any]], zone: str, urls: tuple[str, str]) -> dict[str, Any]:
    """What the ledger says when a process of that zone has written and read."""
    with _SPAWN.Pool(1, initializer=_live_in, initargs=(zone,)) as pool:
        return pool.apply(_write, (fills, f"bot-{zone}".replace("/", "-"), urls))


def _live_in(zone: str) -> None:
    os.environ["TZ"] = os.environ["PGTZ"] = zone
    os.environ.pop("LEDGER_REDIS_URL", None)
    import time

    time.tzset()


def _write(fills: list[dict[str, Any]], bot: str, urls: tuple[str, str]) -> dict[str, Any]:
    with LedgerClient(bot, account=bot, database_url=urls[0], redis_url=urls[1]) as client:
        for one in fills:
            client.record_fill(**one)
        trades = client.get_completed_trades()
        trades.sort(key=lambda trade: trade.exit_time)
        lots = client.get_open_position_entries()
        middle = client.position_as_of(SYMBOL, datetime(2025, 10, 26, 1, 0, tzinfo=UTC))
        return {
            "times": [trade.entry_time.astimezone(UTC) for trade in trades] + [lots[-1].entry_time.astimezone(UTC)],
            "held": [trade.exit_time - trade.entry_time for trade in trades],
            "pnl": [trade.net_pnl for trade in trades],
            "position": (client.get_position(SYMBOL).side, client.get_position(SYMBOL).total_qty),
            "between the two hours": (middle.side, middle.avg_entry_price),
            "of a day": client.realized_pnl(since=datetime(2024, 2, 29, tzinfo=UTC), until=_MOMENTS[3]).net,
        }


def clock_jumps(run: Run) -> None:
    """Bots whose clocks are years off, or jump while they run, write and read one book through one cache."""
    library = _faketime()
    with ledger(run) as urls:
        offsets = ["+400d", "-5y", "+0 x50", "-1h"]
        for turn, offset in enumerate(run.random.sample(offsets, 2 if run.quick else 4)):
            done = _run_with_clock(library, offset, turn, urls)
            run.expect(done.returncode == 0, f"with its clock at {offset}: {done.stdout[-500:]}{done.stderr[-1500:]}")
            run.counts["clocks"] += 1
        with psycopg.connect(to_conninfo(urls[0]), autocommit=True) as connection:
            booked = connection.execute(statement("faults/journal")).fetchall()
        run.counts["fills booked"] += len(booked)
        run.expect(len(booked) == 10 * run.counts["clocks"], f"{len(booked)} fills are booked")
        run.problems += broken(urls[0])


def _faketime() -> Path:
    for place in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"):
        return place
    raise NotPossibleHereError("libfaketime is not installed (Debian's package libfaketime)")


def _run_with_clock(library: Path, offset: str, turn: int, urls: tuple[str, str]) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "FAKETIME": offset,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # A clock that runs fast ends every wait as much sooner, and a writer alone without Redis is another matter.
        "LEDGER_CACHE_TIMEOUT": "20",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.clocks", str(turn), *urls], env=environment, capture_output=True,
        text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def trade_and_read(turn: int, database_url: str, redis_url: str) -> None:
    """What such a process does: it writes after the others, and each read must show what it wrote."""
    os.environ.pop("LEDGER_REDIS_URL", None)
    before = turn * 10
    with (
        LedgerClient("bot", account=_ACCOUNT, database_url=database_url, redis_url=redis_url) as writer,
        LedgerClient("bot", account=_ACCOUNT, database_url=database_url, redis_url=redis_url) as reader,
    ):
        for number in range(before + 1, before + 11):
            writer.record_fill(**fill(f"c{number}", at=number))
            for client in (writer, reader, reader):
                found = client.get_position(SYMBOL)
                if found.total_qty != number or found.book_seq != number:
                    raise SystemExit(f"fill {number} was written, and {found} was read at {datetime.now(UTC)}")
        assert writer.position_as_of(SYMBOL, fill("", at=before + 5)["exec_time"]).total_qty == before + 5
        writer.heartbeat()


if __name__ == "__main__":
    trade_and_read(int(sys.argv[1]), sys.argv[2], sys.argv[3])
