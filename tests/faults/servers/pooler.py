"""PgBouncer in transaction mode is killed and started again while bots write through it."""

import tempfile
from pathlib import Path

from tests.faults.crowd.crowd import work_through
from tests.faults.scenario import NotPossibleHereError, Run
from tests.faults.servers.postgres import ledger
from tests.pgbouncer import PgBouncer, find_pgbouncer, pgbouncer


def pooler(run: Run) -> None:
    """Fewer connections than writers, and none of them for ever."""
    program = find_pgbouncer()
    if program is None:
        raise NotPossibleHereError("the program pgbouncer is not installed")
    # It runs as another user, who may not enter every directory.
    with (
        ledger(run) as (url, redis_url),
        tempfile.TemporaryDirectory() as directory,
        pgbouncer(program, Path(directory), url, 2) as running,
    ):
        faults = {"restarts of the pooler": lambda _: _restart(running)}
        work_through(run, (running.url, redis_url), faults, journal_url=url)


def _restart(running: PgBouncer) -> None:
    running.kill()
    running.start()
