"""How commands that list rows read and show them, and what they say where there is nothing or too much."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.cli.nothing import require_known, say_nothing
from ledger.cli.opening import database, stream
from ledger.cli.output import output, print_json, print_json_rows
from ledger.cli.tables import Column, show
from ledger.database import Query, Rows

SHOWN = 50  # rows of a long list, unless the caller says how many


def rows_of(query: Query) -> Rows:
    """All rows of a query. Raises InvalidInputError if there are none because a filter was mistyped."""
    with database() as opened:
        rows = opened.query(query)
        if not rows:
            require_known(opened, query.params)
    return rows


def list_rows(
    rows: Rows,
    columns: Sequence[Column],
    *,
    title: str,
    nothing: str,
    given: Mapping[str, Any],
    wide: bool,
    as_json: bool,
) -> None:
    """Prints rows as JSON or as a table; `nothing` fits the filters `given` where there are none."""
    if as_json:
        print_json(rows)
    elif rows:
        show(title, columns, rows, wide=wide)
    else:
        say_nothing(nothing, given)


def list_latest(
    query: Query, columns: Sequence[Column], *, title: str, nothing: str, wide: bool, as_json: bool
) -> None:
    """Prints the latest rows; the query gives each the `total` of those that there are and takes a `limit`."""
    if as_json:
        found = stream(query, or_else=require_known)
        print_json_rows({name: value for name, value in row.items() if name != "total"} for row in found)
        return
    rows = rows_of(query)
    if not rows:
        say_nothing(nothing, {**query.params, "limit": None})
        return
    show(title, columns, rows, wide=wide)
    if rows[0]["total"] > len(rows):
        output().print(f"The latest {len(rows)} of {rows[0]['total']:,}; --limit 0 shows all.", style="dim")
