"""Reading positions, lots, trades and P&L."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ledger.cache import Lease, Put, Read, Together, position_key
from ledger.cache.entry import from_fields, to_fields
from ledger.database import Query
from ledger.errors import InvalidInputError
from ledger.money import read_category, read_count, read_text, read_time
from ledger.session import EXTERNAL, Operation, Session, registered
from ledger.values import CoinPnl, CompletedTrade, PnlSummary, Position, PositionEntry

_LARGEST_BOOK = 2**31 - 1


def _book(session: Session, symbol: str, category: str | None, position_idx: int) -> dict[str, Any]:
    return {
        "bot_id": session.bot_id,
        "category": session.category if category is None else read_category("category", category),
        "symbol": read_text("symbol", symbol),
        "position_idx": read_count("position_idx", position_idx, 2),
    }


def _books(session: Session, symbol: str | None, category: str | None, position_idx: int | None) -> dict[str, Any]:
    if category is None and symbol is not None:
        category = session.category
    return {
        "bot_id": session.bot_id,
        "category": None if category is None else read_category("category", category),
        "symbol": None if symbol is None else read_text("symbol", symbol),
        "position_idx": None if position_idx is None else read_count("position_idx", position_idx, 2),
    }


def _period(since: datetime | None, until: datetime | None) -> dict[str, datetime | None]:
    return {
        "since": None if since is None else read_time("since", since),
        "until": None if until is None else read_time("until", until),
    }


def get_current_position_summary(
    session: Session, symbol: str, *, category: str | None = None, position_idx: int = 0
) -> Operation[Position | None]:
    """The open position in `symbol`, from the database's view; None when flat."""
    book = _book(session, symbol, category, position_idx)
    account_id = yield from registered(session)
    rows = yield Query("position_summary", {**book, "account_id": account_id})
    return Position.from_row(rows[0]) if rows else None


def get_open_position_entries(
    session: Session,
    symbol: str | None = None,
    *,
    category: str | None = None,
    position_idx: int | None = None,
) -> Operation[list[PositionEntry]]:
    """The open lots, oldest first; of all symbols, categories and legs unless told otherwise.

    With a symbol the category is the client's unless given.
    """
    books = _books(session, symbol, category, position_idx)
    account_id = yield from registered(session)
    rows = yield Query("open_entries", {**books, "account_id": account_id})
    return [PositionEntry.from_row(row) for row in rows]


def get_completed_trades(
    session: Session,
    symbol: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    *,
    category: str | None = None,
    position_idx: int | None = None,
) -> Operation[list[CompletedTrade]]:
    """The trades closed in [`since`, `until`), in the order of their exits; with `limit` the latest of them."""
    if limit is not None:
        read_count("limit", limit)
    filters = {**_books(session, symbol, category, position_idx), **_period(since, until), "limit": limit}
    account_id = yield from registered(session)
    rows = yield Query("completed_trades", {**filters, "account_id": account_id})
    return [CompletedTrade.from_row(row) for row in rows]


def get_position(
    session: Session, symbol: str, *, category: str | None = None, position_idx: int = 0
) -> Operation[Position]:
    """The position as a bot's loop reads it: from the cache, from PostgreSQL where the cache cannot be trusted.

    Flat is size 0, side "None".
    """
    book = _book(session, symbol, category, position_idx)
    if not session.is_cached:
        return (yield from read_position(session, book))
    key = position_key(**book)
    seen = yield Read(key)
    found = _as_cached(book, seen.fields)
    return found or (yield from repair(session, book))


def refresh_positions(session: Session, book_ids: Sequence[int]) -> Operation[list[Position]]:
    """The positions of these books in PostgreSQL, of whatever bots, stored in the cache whatever was there.

    Those of `external` are nobody's, and not cached. Books that the login may not see are left out.
    """
    wanted = _read_numbers("book_ids", book_ids)
    account_id = yield from registered(session)
    question = Query("positions_of_books", {"account_id": account_id, "book_ids": wanted})
    rows = yield question
    keys = {row["book_id"]: key for row in rows if (key := _key_of(row["position"])) is not None}
    if not session.is_cached or not keys:
        return [Position.from_row(row["position"]) for row in rows]
    token = secrets.token_hex(8)
    answers = yield Together([Lease(key, token) for key in keys.values()])
    leases = dict(zip(keys, answers, strict=True))
    if any(leased_at is not None for leased_at in answers):
        rows = yield question
    positions = {row["book_id"]: Position.from_row(row["position"]) for row in rows}
    yield Together(
        [
            Put(keys[book_id], position.book_seq, to_fields(position), token, leases[book_id])
            for book_id, position in positions.items()
            if leases.get(book_id) is not None
        ]
    )
    return list(positions.values())


def _read_numbers(field: str, given: object) -> list[int]:
    if not isinstance(given, list | tuple) or not all(map(_is_number_of_book, given)):
        raise InvalidInputError(field, given, "a list of numbers of books")
    return sorted(given)


def _is_number_of_book(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_BOOK


def _key_of(position: Mapping[str, Any]) -> str | None:
    if position["bot_id"] == EXTERNAL:
        return None
    return position_key(*(position[name] for name in ("bot_id", "category", "symbol", "position_idx")))


def _as_cached(book: dict[str, Any], fields: Mapping[str, str] | None) -> Position | None:
    """The position in a trusted hash, if it is this book's and whole: anybody may have written there."""
    if fields is None:
        return None
    try:
        position = from_fields(fields)
    except (KeyError, ValueError, ArithmeticError):
        return None
    return position if all(getattr(position, name) == value for name, value in book.items()) else None


def repair(session: Session, book: dict[str, Any], extra: Mapping[str, str] | None = None) -> Operation[Position]:
    """The position in PostgreSQL, stored in the cache with `extra` fields beside it."""
    key = position_key(**book)
    token = secrets.token_hex(8)
    leased_at = yield Lease(key, token)
    position = yield from read_position(session, book)
    if leased_at is not None:
        yield Put(key, position.book_seq, {**to_fields(position), **(extra or {})}, token, leased_at)
    return position


def read_position(session: Session, book: dict[str, Any]) -> Operation[Position]:
    """The position in PostgreSQL, flat or not."""
    account_id = yield from registered(session)
    rows = yield Query("position", {**book, "account_id": account_id})
    return Position.from_row(rows[0]) if rows else _flat(book)


def _flat(book: dict[str, Any]) -> Position:
    return Position(**book, side="None", total_qty=Decimal(0), avg_entry_price=Decimal(0), updated_at=datetime.now(UTC))


def position_as_of(
    session: Session, symbol: str, at: datetime, *, category: str | None = None, position_idx: int = 0
) -> Operation[Position]:
    """The position after all fills executed up to and including `at`, replayed from the journal."""
    book = _book(session, symbol, category, position_idx)
    moment = read_time("at", at)
    account_id = yield from registered(session)
    rows = yield Query("position_as_of", {**book, "account_id": account_id, "at": moment})
    found = rows[0]["position"]
    return _flat(book) if found is None else Position.from_row(found)


def realized_pnl(
    session: Session,
    symbol: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    category: str | None = None,
    position_idx: int | None = None,
) -> Operation[PnlSummary]:
    """P&L of the trades closed, and of the cash moved, in [`since`, `until`), by settle coin."""
    filters = {**_books(session, symbol, category, position_idx), **_period(since, until)}
    account_id = yield from registered(session)
    rows = yield Query("realized_pnl", {**filters, "account_id": account_id})
    return summarize(rows)


def summarize(rows: list[dict[str, Any]]) -> PnlSummary:
    """Puts the sums by coin together."""
    zero = Decimal(0)
    settled = {r["coin"]: r for r in rows if r["kind"] == "settled"}
    commissions = {r["coin"]: r["amount"] for r in rows if r["kind"] == "commission"}
    funding = {r["coin"]: r["amount"] for r in rows if r["kind"] == "funding"}
    others = {r["coin"]: r["amount"] for r in rows if r["kind"] == "other_commission"}
    coins = sorted({r["coin"] for r in rows if r["kind"] == "coin"} | settled.keys() | funding.keys())
    by_coin = {
        coin: CoinPnl(
            coin=coin,
            gross=(settled[coin]["gross"] or zero) if coin in settled else zero,
            commissions=commissions.get(coin, zero),
            funding=funding.get(coin, zero),
            net=((settled[coin]["net"] or zero) if coin in settled else zero) - funding.get(coin, zero),
            trades=settled[coin]["trades"] if coin in settled else 0,
            unpriced_trades=settled[coin]["unpriced_trades"] if coin in settled else 0,
        )
        for coin in coins
    }
    total = CoinPnl(coin="") if not by_coin else next(iter(by_coin.values())) if len(by_coin) == 1 else None
    return PnlSummary(
        settle_coin=total.coin or None if total else None,
        gross=total.gross if total else None,
        commissions=total.commissions if total else None,
        funding=total.funding if total else None,
        net=total.net if total else None,
        trades=sum(pnl.trades for pnl in by_coin.values()),
        by_settle_coin=by_coin,
        other_commissions=others,
    )
