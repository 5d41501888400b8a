"""The four calls that existing bots make one after the other, kept working without counting anything twice.

`write_fill` does the whole work; the calls after it find what it did. Without `write_fill` they record the fill
themselves, under an id computed from what they say, so that a repetition is recognised.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.cache import Read, position_key
from ledger.cache.entry import to_fields
from ledger.database import Query
from ledger.errors import EntryNotFoundError, InsufficientPositionError, InvalidInputError
from ledger.fill import Fill, read_fill
from ledger.money import (
    SIDES,
    Number,
    plain,
    read_count,
    read_decimal,
    read_positive,
    read_text,
    read_time,
)
from ledger.operations.reading import get_position, read_position, repair
from ledger.operations.recording import record
from ledger.session import Operation, Session, registered
from ledger.values import CompletedTrade

_OPPOSITE = {"Buy": "Sell", "Sell": "Buy"}


def write_fill(
    session: Session,
    symbol: str,
    side: str,
    exec_price: Number,
    exec_qty: Number,
    order_id: str,
    client_order_id: str | None,
    close_reason: str | None,
    commission: Number,
    exec_time: datetime | None = None,
) -> Operation[int]:
    """Journals and applies the fill of a whole order, in one transaction; answers its fill id.

    Without `exec_time` it happened now. Raises as `record_fill` does.
    """
    fill = read_fill(
        symbol=symbol,
        side=side,
        exec_price=exec_price,
        exec_qty=exec_qty,
        exec_time=exec_time,
        order_id=order_id,
        client_order_id=client_order_id,
        commission=commission,
        close_reason=close_reason,
        category=session.category,
    )
    result = yield from record(session, fill)
    assert result.fill_id is not None  # noqa: S101 - it is a trade
    return result.fill_id


def create_position_entry(
    session: Session,
    symbol: str,
    entry_price: Number,
    quantity: Number,
    entry_time: datetime,
    entry_order_id: str | None = None,
    entry_fill_id: int | None = None,
    commission: Number = 0,
) -> Operation[int]:
    """The id of the lot that this fill, or this order, opened; records the fill if it is not booked yet.

    A fill recorded here is a Buy; a short is opened by `write_fill` or `record_fill`.

    Raises EntryNotFoundError, with nothing written, if the fill opens nothing because it only closes, else as
    `record_fill` does.
    """
    if entry_fill_id is not None:
        read_count("entry_fill_id", entry_fill_id)
    with _named(exec_price="entry_price", exec_qty="quantity", exec_time="entry_time", order_id="entry_order_id"):
        fill = _computed_fill(
            session, symbol, "Buy", entry_price, quantity, entry_time, entry_order_id, None, commission,
            f"entry:{entry_fill_id}",
        )  # fmt: skip
    booked = yield from _booked(session, fill, entry_fill_id, closing=False)
    if not booked:
        result = yield from record(session, fill, effect="opens")
        booked = [result.fill_id] if result.fill_id is not None else []
    rows = yield Query("entries_of_fills", {"account_id": session.account_id, "fill_ids": booked})
    if not rows:
        raise EntryNotFoundError(
            f"{symbol}: the fill of order {entry_order_id} is booked and opened no lot: it closed a position"
        )
    return int(rows[0]["entry_id"])


def close_position_fifo(
    session: Session,
    symbol: str,
    exit_price: Number,
    close_qty: Number,
    exit_time: datetime,
    exit_reason: str | None,
    exit_order_id: str | None = None,
    exit_commission: Number = 0,
) -> Operation[list[CompletedTrade]]:
    """The trades that this order's fill closed, oldest lot first; records the fill if it is not booked yet.

    Works on longs and shorts alike. Raises InsufficientPositionError, with nothing written, when more is to be
    closed than is open, else as `record_fill` does.
    """
    with _named(
        exec_price="exit_price",
        exec_qty="close_qty",
        exec_time="exit_time",
        order_id="exit_order_id",
        close_reason="exit_reason",
        commission="exit_commission",
    ):
        fill = _computed_fill(
            session,
            symbol,
            "Sell",
            exit_price,
            close_qty,
            exit_time,
            exit_order_id,
            exit_reason,
            exit_commission,
            "exit",
        )
    need: Decimal = fill.params["exec_qty"]
    book = {"bot_id": session.bot_id, "category": session.category, "symbol": symbol, "position_idx": 0}
    booked = yield from _booked(session, fill, None, closing=True)
    if not booked:
        position = yield from read_position(session, book)
        if position.side == "None":
            raise InsufficientPositionError(
                symbol=symbol, need=need, have=Decimal(0), rule="a close may not close more than is open"
            )
        fill.params["side"] = _OPPOSITE[position.side]
        return (yield from record(session, fill, effect="closes")).completed_trades
    rows = yield Query("trades_of_fills", {"account_id": session.account_id, "fill_ids": booked})
    trades = [CompletedTrade.from_row(row) for row in rows]
    closed = sum((trade.quantity for trade in trades), Decimal(0))
    if closed < need:
        raise InsufficientPositionError(
            symbol=symbol,
            need=need,
            have=closed,
            rule="the fill of this order is booked and closed no more than this",
        )
    return trades


@contextmanager
def _named(**names: str) -> Iterator[None]:
    """Speaks of a wrong argument by the name that the caller knows it by."""
    try:
        yield
    except InvalidInputError as error:
        raise InvalidInputError(names.get(error.field, error.field), error.value, error.rule) from None


def _computed_fill(
    session: Session,
    symbol: str,
    side: str,
    price: Number,
    quantity: Number,
    at: datetime,
    order_id: str | None,
    reason: str | None,
    commission: Number,
    purpose: str,
) -> Fill:
    """The fill to record if none is booked. Without an order its id is computed from all that is said of it."""
    moment = read_time("exec_time", at)
    said = [session.bot_id, session.category, read_text("symbol", symbol), purpose, moment.isoformat()]
    said += [plain(read_positive("exec_price", price)), plain(read_positive("exec_qty", quantity))]
    digest = hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:32]
    return read_fill(
        symbol=symbol,
        side=side,
        exec_price=price,
        exec_qty=quantity,
        exec_time=moment,
        exec_id=f"legacy:{digest}" if order_id is None else None,
        order_id=order_id,
        commission=commission,
        close_reason=reason,
        category=session.category,
    )


def _booked(session: Session, fill: Fill, fill_id: int | None, *, closing: bool) -> Operation[list[int]]:
    """The fills in the journal that the call speaks of."""
    account_id = yield from registered(session)
    p = fill.params
    book: dict[str, Any] = {
        "account_id": account_id,
        "bot_id": session.bot_id,
        "category": p["category"],
        "symbol": p["symbol"],
        "position_idx": p["position_idx"],
    }
    if p["order_id"] or fill_id is not None:
        rows = yield Query("booked_fills", {**book, "order_id": p["order_id"], "fill_id": fill_id})
    else:
        rows = yield Query(
            "matching_fills",
            {
                **book,
                "exec_id": p["exec_id"],
                "at": p["exec_time"],
                "price": p["exec_price"],
                "quantity": p["exec_qty"],
                "closing": closing,
            },
        )
    return [row["fill_id"] for row in rows]


def update_position_redis(
    session: Session,
    symbol: str,
    size: Number,
    side: str | None = None,
    avg_price: Number | None = None,
    unrealized_pnl: Number | None = None,
) -> Operation[None]:
    """Refreshes the cached position from PostgreSQL, which alone knows size, side and price; keeps `unrealized_pnl`."""
    # What the ledger knows better is only checked.
    if read_decimal("size", size) < 0:
        raise InvalidInputError("size", size, "at least 0")
    if side not in (None, "None", *SIDES):
        raise InvalidInputError("side", side, "Buy, Sell or None")
    if avg_price is not None and read_decimal("avg_price", avg_price) < 0:
        raise InvalidInputError("avg_price", avg_price, "at least 0")
    extra = None if unrealized_pnl is None else {
        "unrealized_pnl": plain(read_decimal("unrealized_pnl", unrealized_pnl))
    }  # fmt: skip
    book = {
        "bot_id": session.bot_id,
        "category": session.category,
        "symbol": read_text("symbol", symbol),
        "position_idx": 0,
    }
    if session.is_cached:
        yield from repair(session, book, extra)


def get_position_redis(session: Session, symbol: str) -> Operation[dict[str, str]]:
    """The position as the cache's hash has it (`size`, `side`, `avg_price`, `book_seq`, `updated_at` …), all text.

    `unrealized_pnl` is what `update_position_redis` was told last. What the cache lacks comes from PostgreSQL.
    """
    position = yield from get_position(session, symbol)
    fields = {**to_fields(position), "book_seq": str(position.book_seq)}
    if session.is_cached:
        seen = yield Read(position_key(session.bot_id, session.category, symbol, 0))
        if "unrealized_pnl" in seen.all_fields:
            fields["unrealized_pnl"] = seen.all_fields["unrealized_pnl"]
    return fields
