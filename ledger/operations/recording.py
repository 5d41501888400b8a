"""Writing fills."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ledger.cache import Mark, Put, position_key
from ledger.cache.entry import to_fields
from ledger.database import Batch, Query
from ledger.errors import DatabaseUnavailableError, InvalidInputError, LedgerError
from ledger.fill import Fill, dump_fills, read_fill, read_mapping
from ledger.money import Number
from ledger.session import Operation, Session, registered
from ledger.values import FillResult, Position


def record_fill(
    session: Session,
    *,
    symbol: str,
    side: str,
    exec_price: Number | None,
    exec_qty: Number,
    exec_time: datetime,
    exec_id: str | None = None,
    order_id: str | None = None,
    client_order_id: str | None = None,
    commission: Number = 0,
    commission_asset: str | None = None,
    close_reason: str | None = None,
    category: str | None = None,
    position_idx: int = 0,
    seq: int | None = None,
    is_maker: bool | None = None,
    exec_type: str = "Trade",
    source: str = "bot",
) -> Operation[FillResult]:
    """Journals one execution and applies it, in one transaction and one round trip.

    The same execution again, from any process, is answered with the stored result and `duplicate=True`. Without
    `exec_id` the fill stands for the whole order `order_id` until real executions of it arrive.

    Args:
        symbol: the venue's symbol, e.g. BTCUSDT.
        side: Buy or Sell.
        exec_price: quote currency; above 0 (options may be 0).
        exec_qty: coins; for inverse contracts, contracts. Above 0.
        exec_time: the venue's time, with a time zone.
        exec_id: the venue's id of the execution.
        order_id, client_order_id: the order it belongs to; a client order id may name the bot that owns it.
        commission: positive a cost, negative a rebate, as Bybit signs it.
        commission_asset: its currency; None means the settle coin.
        close_reason: free text that completed trades carry as `exit_reason`.
        category: linear, inverse, spot, option …; None means the client's.
        position_idx: 0 one-way, 1 hedge long, 2 hedge short.
        seq: the venue's own sequence, which orders executions of the same moment.
        is_maker: whether it added liquidity.
        exec_type: Bybit's name of what it is; Funding and SessionSettlePnL book cash, with `commission` as amount.
        source: who says so.

    Raises:
        InvalidInputError: an argument breaks a rule.
        ConflictingFillError: the id is known with another payload.
        InsufficientPositionError: a hedge leg would be closed further than it is open.
        DatabaseUnavailableError: no answer in time; calling again with the same ids is safe.
    """
    if exec_time is None:
        raise InvalidInputError("exec_time", exec_time, "a datetime with a time zone")
    return (
        yield from record(
            session,
            read_fill(
                symbol=symbol,
                side=side,
                exec_price=exec_price,
                exec_qty=exec_qty,
                exec_time=exec_time,
                exec_id=exec_id,
                order_id=order_id,
                client_order_id=client_order_id,
                commission=commission,
                commission_asset=commission_asset,
                close_reason=close_reason,
                category=category or session.category,
                position_idx=position_idx,
                seq=seq,
                is_maker=is_maker,
                exec_type=exec_type,
                source=source,
            ),
        )
    )


def record(session: Session, fill: Fill, *, reduce_only: bool = False) -> Operation[FillResult]:
    """Books a checked fill, with the cache told before and after."""
    account_id = yield from registered(session)
    step = Query(
        "record_cash" if fill.is_cash else "record_fill",
        {**fill.params, "account_id": account_id, "bot_id": session.bot_id, "reduce_only": reduce_only},
    )
    token = yield from announce(session, {_key(session, fill)})
    try:
        rows = yield step
    except LedgerError as error:
        yield from withdraw(session, token, {_key(session, fill)}, error)
        raise
    result = FillResult.from_row(rows[0]["result"])
    yield from publish(session, token, {_key(session, fill)}, [result.position])
    return result


def record_fills(session: Session, fills: Iterable[Mapping[str, Any]]) -> Operation[list[FillResult]]:
    """Books many executions in one round trip, each book's in one transaction.

    `fills` are mappings of `record_fill`'s arguments; the results come in the same order, each with the
    position that the batch left. All are checked before any is written. If the database refuses one, nothing
    of its book is written, other books' fills are, and the error is raised.
    """
    read = [read_mapping(number, given, session.category) for number, given in enumerate(fills)]
    if not read:
        return []
    account_id = yield from registered(session)
    groups: dict[tuple[str | None, str, str, int], list[int]] = {}
    for number, fill in enumerate(read):
        groups.setdefault(fill.book, []).append(number)
    ordered = sorted(groups.items(), key=lambda group: tuple(part or "" for part in group[0][:3]) + group[0][3:])
    keys = {_key(session, fill) for fill in read}
    token = yield from announce(session, keys)
    try:
        answers = yield Batch(
            "record_fills",
            [_batch_params(session, account_id, book, [read[n] for n in numbers]) for book, numbers in ordered],
        )
    except LedgerError as error:
        yield from withdraw(session, token, keys, error)
        raise
    results: dict[int, FillResult] = {}
    for (_, numbers), rows in zip(ordered, answers, strict=True):
        results.update(zip(numbers, _read_results(rows[0]["result"]), strict=True))
    positions = {(r.position.bot_id, _position_key(r.position)): r.position for r in results.values()}
    yield from publish(session, token, keys, positions.values())
    return [results[number] for number in range(len(read))]


def _batch_params(
    session: Session, account_id: int, book: tuple[str | None, str, str, int], fills: list[Fill]
) -> dict[str, Any]:
    named_bot, category, symbol, position_idx = book
    return {
        "account_id": account_id,
        "bot_id": session.bot_id,
        "named_bot": named_bot,
        "category": category,
        "symbol": symbol,
        "position_idx": position_idx,
        "fills": dump_fills(fills),
    }


def _read_results(answer: Mapping[str, Any]) -> list[FillResult]:
    return [FillResult.from_row({"position": answer["position"], **result}) for result in answer["results"]]


def _key(session: Session, fill: Fill) -> str:
    named_bot, category, symbol, position_idx = fill.book
    return position_key(named_bot or session.bot_id, category, symbol, position_idx)


def _position_key(position: Position) -> str:
    return position_key(position.bot_id, position.category, position.symbol, position.position_idx)


def announce(session: Session, keys: Iterable[str]) -> Operation[str]:
    """Tells the cache that these positions are about to change. Answers the token that ends it."""
    token = secrets.token_hex(8)
    if session.is_cached:
        for key in keys:
            yield Mark(key, token)
    return token


def withdraw(session: Session, token: str, keys: Iterable[str], error: LedgerError) -> Operation[None]:
    """Takes an announcement back after a refusal. After silence it stays: the write may have happened."""
    if session.is_cached and not isinstance(error, DatabaseUnavailableError):
        for key in keys:
            yield Put(key, -1, None, token)


def publish(session: Session, token: str, keys: Iterable[str], positions: Iterable[Position]) -> Operation[None]:
    """Stores the positions that a write left, and ends the announcements of all `keys`."""
    if not session.is_cached:
        return
    left = set(keys)
    for position in positions:
        if position.bot_id != "external":
            key = _position_key(position)
            left.discard(key)
            yield Put(key, position.book_seq, to_fields(position), token)
    for key in left:
        yield Put(key, -1, None, token)
