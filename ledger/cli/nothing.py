"""What is said where nothing is found: that there is nothing, or that a filter was mistyped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.cli.output import output
from ledger.database import Database, Query
from ledger.errors import InvalidInputError

_NO_FILTER: Mapping[str, Any] = {"account": None, "bot": None, "symbol": None, "category": None, "book": None}


def say_nothing(what: str, given: Mapping[str, Any]) -> None:
    """Prints that there is nothing of the kind, and which filters were in force."""
    listing = " ".join(f"--{name} {_shown(value)}" for name, value in given.items() if value)
    output().print(f"{what} fit {listing}." if listing else f"{what}.", markup=False, soft_wrap=True)


def require_known(opened: Database, given: Mapping[str, Any]) -> None:
    """A filter that names what the ledger has never heard of is a slip of the pen. Raises InvalidInputError.

    A bot or an account need not have booked anything; a symbol or a category is known by its first fill.
    """
    for name in ("account", "bot"):
        if given.get(name) is not None:
            found = opened.query(Query("report_bots", {"account": None, "bot": None, name: given[name]}))
            if not found:
                raise InvalidInputError(name, given[name], f"a registered {name}; fifoledger {name}s lists them")
    for name in ("symbol", "category"):
        if given.get(name) is not None:
            found = opened.query(Query("report_books", {**_NO_FILTER, name: given[name]}))
            if not found:
                rule = f"one that some book has; no book fits --{name} {given[name]}"
                raise InvalidInputError(name, given[name], rule)


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
