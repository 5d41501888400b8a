"""What is left to do when all rows are booked: orders whose fills came into different books, unseen by each other.

A bot locks the order of a fill before it looks what there is of it. An import does not: its transactions have tens of
thousands of orders, and the server's table of locks holds some thousand. So a bot and an import may each book a fill of
one order without seeing the other's, and a fill of the whole order counts beside its executions. Once every transaction
that may have missed the import's rows has ended, all of them can be seen.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from ledger.errors import InvalidInputError
from reconcile.history.booking import settle_books
from reconcile.history.chunk import HEDGE, Outcome
from reconcile.history.deriving import HedgeRefusedError
from reconcile.history.writing import Target

_PAUSE = 0.02  # seconds


def wait_for_writers(target: Target, waited: Callable[[int, int], object]) -> None:
    """Waits until everybody has ended who is booking a fill of the account now. The caller holds no lock of a book.

    `waited` is told how many have ended, of how many, as long as somebody has not: whoever forgets a transaction keeps
    the import waiting, and that should be seen.
    """
    begun = writers = _writers(target)
    while begun:
        waited(len(writers - begun), len(writers))
        time.sleep(_PAUSE)
        begun &= _writers(target)


def _writers(target: Target) -> set[str]:
    return {row["writer"] for row in target.ask("import_writers")}


def has_only(target: Target, fills: int) -> bool:
    """Whether all that the account's journals have is that many rows."""
    return bool(target.ask("import_written")[0]["rows"] == fills)


def settle_orders(target: Target, portions: Iterable[Sequence[tuple[str, str]]]) -> Outcome:
    """Brings fills of whole orders in line with executions, in whatever books. The caller is in a transaction.

    `portions`: categories and ids of the orders to look at, some ten thousand at a time.
    """
    found: dict[int, list[str]] = {}
    for orders in portions:
        for row in target.ask_about(orders, "import_unsettled"):
            found.setdefault(row["book_id"], []).append(row["order_id"])
    try:
        written = settle_books(target, found)
    except HedgeRefusedError as refused:
        raise InvalidInputError("exec_qty", refused.exec_id, HEDGE) from refused
    return Outcome(written=written, books=list(written.others))
