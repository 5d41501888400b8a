"""Adjustments: what stands for executions that nobody has, made of a line as it was compared, and taken back."""

import json
from collections.abc import Mapping
from datetime import datetime

from ledger.database import Rows
from ledger.errors import InvalidInputError
from ledger.money import (
    Number,
    read_category,
    read_count,
    read_execution_time,
    read_positive,
    read_side,
    read_text,
)
from ledger.operations.announcing import Results, Write, write_announced
from ledger.session import Operation, Session, registered
from ledger.values import FillResult


def record_adjustment(
    session: Session,
    *,
    category: str,
    symbol: str,
    position_idx: int,
    side: str,
    exec_qty: Number,
    exec_time: datetime,
    exec_id: str,
    seen: Mapping[str, int],
) -> Operation[FillResult | None]:
    """Books a fill without a price in the client's bot's book, if the line still is as it was compared.

    None, and nothing is written, if anything was booked on the line since: what was compared is not what is there.

    Args:
        category, symbol, position_idx: the line.
        side: Buy or Sell.
        exec_qty: coins; for inverse contracts, contracts. Above 0.
        exec_time: when the line was as it is to be; executions up to then that come later take its place.
        exec_id: of the adjustment; the same again is answered with what is stored.
        seen: by bot, the `book_seq` at which its book was compared, of all books of the line.

    Raises:
        InvalidInputError: an argument breaks a rule.
        ConflictingFillError: the id is known with another payload.
        InsufficientPositionError: a hedge leg would be closed further than it is open.
        PermissionDeniedError: the login may not act for the bot.
        DatabaseUnavailableError: no answer in time; calling again is safe.
    """
    line = read_line(category, symbol, position_idx)
    stated = {
        "side": read_side("side", side),
        "exec_qty": read_positive("exec_qty", exec_qty),
        "exec_time": read_execution_time("exec_time", exec_time),
        "exec_id": read_text("exec_id", exec_id),
        "seen": _read_seen(seen),
    }
    account_id = yield from registered(session)
    place = dict(zip(("category", "symbol", "position_idx"), line, strict=True))
    params = {"account_id": account_id, "bot_id": session.bot_id, **place, **stated}
    write = Write(params, [(session.bot_id, *line)])
    [results] = yield from write_announced(session, "record_adjustment", [write], counting)
    return results.get(0)


def take_back_adjustment(
    session: Session, fill_id: int, *, category: str, symbol: str, position_idx: int, cause: int | None = None
) -> Operation[bool]:
    """Voids an adjustment in the client's bot's book that later bookings have made wrong; answers whether it counted.

    Args:
        fill_id: the adjustment.
        category, symbol, position_idx: its line.
        cause: the fill that it was in place of, if there is one.

    Raises:
        InvalidInputError: that is no adjustment.
        InsufficientPositionError: without it a hedge leg would be closed further than it is open.
        PermissionDeniedError: the login may not act for the bot.
        DatabaseUnavailableError: no answer in time; calling again is safe.
    """
    line = read_line(category, symbol, position_idx)
    stated = {"fill_id": read_count("fill_id", fill_id), "cause": None if cause is None else read_count("cause", cause)}
    account_id = yield from registered(session)
    params = {"account_id": account_id, **stated}
    write = Write(params, [(session.bot_id, *line)])
    [made] = yield from write_announced(session, "take_back_adjustment", [write], counting)
    return bool(made)


def read_line(category: object, symbol: object, position_idx: object) -> tuple[str, str, int]:
    """A checked position line. Raises InvalidInputError."""
    return (
        read_category("category", category),
        read_text("symbol", symbol),
        read_count("position_idx", position_idx, 2),
    )


def counting(rows: Rows) -> Results:
    """What a write answered that may find nothing to do."""
    answer = rows[0]["result"]
    return {} if answer is None else {0: FillResult.from_row(answer)}


def _read_seen(seen: object) -> str:
    rule = "a mapping of bots to the book_seq of their books"
    if not isinstance(seen, Mapping):
        raise InvalidInputError("seen", seen, rule)
    try:
        return json.dumps({read_text("seen", bot): read_count("seen", number) for bot, number in seen.items()})
    except InvalidInputError:
        raise InvalidInputError("seen", seen, rule) from None
