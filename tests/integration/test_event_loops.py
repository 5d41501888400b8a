"""One client, used by one event loop after the other."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.statements import statement

_ROOT = Path(__file__).parents[2]


def test_event_loops_in_turn(database_url: str, redis_url: str, connection: psycopg.Connection[Any]) -> None:
    # In a process of its own: what a loop has left open when it ended is dropped when Python collects it.
    with subprocess.Popen(
        [sys.executable, "-m", "tests.loops_in_turn", database_url, redis_url],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "closed\n"
        assert connection.execute(statement("server/count_fills")).fetchall() == [(30, 30)]
        until = time.monotonic() + 5
        while (row := connection.execute(statement("server/connections")).fetchone()) and row[0] > 0:
            assert time.monotonic() < until, "connections of earlier loops are still open"
            time.sleep(0.05)
        process.stdin.close()
        assert process.wait() == 0
