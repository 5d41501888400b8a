"""A primary is lost and its replica takes over: what was acknowledged is there, and bots go on by themselves."""

import psycopg

from ledger.migrate import upgrade
from tests.faults.crowd.crowd import registered, work_through
from tests.faults.scenario import Run
from tests.faults.servers.pair import running_pair
from tests.servers import create_database
from tests.statements import statement


def failover(run: Run) -> None:
    """With synchronous replication, and both servers in the connection string."""
    with running_pair() as pair:
        url = create_database(pair.url(), "ledger")
        upgrade(url)
        registered(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement("faults/wait_for_replica"))
            run.expect(connection.execute(statement("faults/replicas")).fetchone() == (1,), "no commit waits")
        work_through(
            run, (url, run.servers.redis_url), {"failovers": lambda _: pair.fail_over()}, once=True,
            journal_url=pair.replica_url("ledger"),
        )  # fmt: skip
