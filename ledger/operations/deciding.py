"""What is known of an execution only later: what it did, by a person's decision; and whose it was, by its order."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from ledger.database import Query
from ledger.errors import InvalidInputError
from ledger.fill import dump_fill, read_arguments
from ledger.money import read_category, read_count, read_optional_text, read_text
from ledger.operations.adjusting import counting, read_line
from ledger.operations.announcing import Results, Write, write_announced
from ledger.session import Operation, Session, registered
from ledger.values import QuarantineDecision

Decision = Literal["ignore", "fill", "cash"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)


def decide_quarantined(
    session: Session,
    exec_id: str,
    decision: str,
    *,
    category: str,
    note: str | None = None,
    fill: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> Operation[QuarantineDecision]:
    """Stores what an execution in quarantine did and books it in the client's bot's book, in one transaction.

    What was decided stays: decided again, the answer is what is stored, with `fresh` False, and nothing is written.

    Args:
        exec_id, category: the execution, as it is in quarantine.
        decision: ignore, fill or cash.
        note: why.
        fill: `record_fill`'s arguments, without the id and the category; None with ignore. The client order id does not
            decide in whose book it goes.
        dry_run: answer the same and write nothing.

    Raises:
        InvalidInputError: there is no such execution in quarantine, or an argument breaks a rule.
        ConflictingFillError: the ledger has the execution with another payload.
        InsufficientPositionError: a hedge leg would be closed further than it is open.
        PermissionDeniedError: the login may not act for `external`, or not for the client's bot.
        DatabaseUnavailableError: no answer in time; calling again is safe.
    """
    stated = {
        "category": read_category("category", category),
        "exec_id": read_text("exec_id", exec_id),
        "decision": read_decision(decision),
        "note": read_optional_text("note", note),
    }
    if not isinstance(dry_run, bool):
        raise InvalidInputError("dry_run", dry_run, "True or False")
    if not isinstance(fill, Mapping | None):
        raise InvalidInputError("fill", fill, "a mapping of record_fill's arguments")
    if fill is not None and decision == "ignore":
        raise InvalidInputError("fill", fill, "None for ignore")
    read = None if fill is None else read_arguments("", {**fill, "exec_id": exec_id}, category)
    if read is not None and read.is_cash != (decision == "cash"):
        raise InvalidInputError("exec_type", read.params["exec_type"], f"one that is {decision}")
    account_id = yield from registered(session)
    params = {
        **stated,
        "account_id": account_id,
        "bot_id": session.bot_id,
        "fill": None if read is None else dump_fill(read),
        "dry_run": dry_run,
    }
    if read is None or dry_run:
        rows = yield Query("decide_quarantined", {**params, "announced": None})
        return QuarantineDecision.from_row(rows[0]["result"])
    answers: list[QuarantineDecision] = []

    def results(rows: Any) -> Results:
        answers.append(QuarantineDecision.from_row(rows[0]["result"]))
        return {0: answers[-1].result} if answers[-1].result else {}

    write = Write(params, [(session.bot_id, *read.book[1:])])
    yield from write_announced(session, "decide_quarantined", [write], results)
    return answers[-1]


def reassign_fill(session: Session, fill_id: int, *, category: str, symbol: str, position_idx: int) -> Operation[bool]:
    """Takes an execution out of the book that it was booked in and books it in the client's bot's, in one transaction.

    For what was booked before its order was known. Answers whether it still counted where it was.

    Args:
        fill_id: the fill, of another bot's book.
        category, symbol, position_idx: its line.

    Raises:
        InvalidInputError: that is no such fill.
        InsufficientPositionError: a hedge leg of either book would be closed further than it is open.
        PermissionDeniedError: the login may not act for both bots.
        DatabaseUnavailableError: no answer in time; calling again is safe.
    """
    line = read_line(category, symbol, position_idx)
    moved = read_count("fill_id", fill_id)
    account_id = yield from registered(session)
    params = {"account_id": account_id, "bot_id": session.bot_id, "fill_id": moved}
    write = Write(params, [(session.bot_id, *line)])
    [made] = yield from write_announced(session, "reassign_fill", [write], counting)
    return bool(made)


def reassign_cash(session: Session, exec_id: str, *, category: str, source: str = "manual") -> Operation[bool]:
    """Takes a payment out of the book that it was booked in and books it in the client's bot's, in one transaction.

    For what was booked before it was known who had the position: its reversal is booked beside it, and it itself again
    for the client's bot, both for the time of the payment. Answers whether it still counted where it was.

    Args:
        exec_id, category: the payment, in another bot's book.
        source: who says so. What the reconciler has moved it may move again; all else stays.

    Raises:
        InvalidInputError: that is no such payment.
        ConflictingFillError: an execution has the id that the payment would get.
        PermissionDeniedError: the login may not act for both bots.
        DatabaseUnavailableError: no answer in time; calling again is safe.
    """
    stated = {
        "exec_id": read_text("exec_id", exec_id),
        "category": read_category("category", category),
        "source": read_text("source", source),
    }
    account_id = yield from registered(session)
    rows = yield Query("reassign_cash", {"account_id": account_id, "bot_id": session.bot_id, **stated})
    return bool(rows[0]["moved"])


def read_decision(decision: object) -> str:
    """What an execution in quarantine did. Raises InvalidInputError."""
    if decision not in DECISIONS:
        raise InvalidInputError("decision", decision, f"one of {', '.join(DECISIONS)}")
    return str(decision)
