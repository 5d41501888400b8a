"""`coverage`: which time is proven fetched from the exchange."""

from ledger.cli.listing import list_rows, rows_of
from ledger.cli.options import Account, Category, Json, Wide
from ledger.cli.tables import ACCOUNT, Column
from ledger.database import Query

_COLUMNS = (
    ACCOUNT,
    Column("endpoint", "endpoint"),
    Column("category", "category"),
    Column("since", "from (UTC)", "time"),
    Column("until", "until (UTC)", "time"),
    Column("seconds", "length", "duration", rank=1),
    Column("fetched_at", "proven (UTC)", "time", rank=2),
)


def coverage(account: Account = None, category: Category = None, wide: Wide = False, as_json: Json = False) -> None:
    """Show which time is proven fetched, by account, endpoint and category. It is never fetched again.

    All executions of a range of `executions` are in the ledger or in quarantine; the cycles that ended in one of
    `closed_pnl` were compared with the exchange. What lies between two ranges, or after the last, the next
    reconciliation fetches.

    Examples:
      fifoledger coverage
      fifoledger coverage --account main --json
    """
    given = {"account": account, "category": category}
    rows = rows_of(Query("report_coverage", given))
    list_rows(
        rows, _COLUMNS, title="Proven fetched", nothing="No proven ranges", given=given, wide=wide, as_json=as_json
    )
