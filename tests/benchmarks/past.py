"""Tables filled as years of trading fill them: by the import."""

from typing import Any

import psycopg

from ledger.database.url import to_conninfo
from ledger.settings import load_settings
from tests.benchmarks.bench import settle
from tests.benchmarks.target import ACCOUNT, Target
from tests.statements import statement


def bring_in(target: Target, table: str, **parameters: Any) -> None:
    """Makes the table of old, `tests/sql/benchmark/<table>.sql`, and imports it into the benchmark's account."""
    from reconcile.history.run import ImportOptions, import_history
    from reconcile.history.sources.table import TableSource

    with psycopg.connect(to_conninfo(target.database_url), autocommit=True) as connection:
        connection.execute(statement(f"benchmark/{table}"), parameters)
        settings = load_settings(database_url=target.database_url).model_copy(update={"redis_url": None})
        source = TableSource(target.database_url, "past_fills")
        report = import_history(source, settings, ImportOptions(account=ACCOUNT, verify=False))
        if not report.ok:
            raise RuntimeError(f"the import is not sound: {report.rejects[:3]}")
        connection.execute(statement("benchmark/drop_past"))
    settle(target.database_url)
