"""Writing fills."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from ledger.database import Query, Rows
from ledger.errors import InvalidInputError
from ledger.fill import Book, Fill, dump_fills, read_fill, read_mapping
from ledger.money import Number
from ledger.operations.announcing import Results, Write, write_announced
from ledger.session import Operation, Session, registered
from ledger.values import FillResult, Position

Effect = Literal["opens", "closes"]


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
                category=session.category if category is None else category,
                position_idx=position_idx,
                seq=seq,
                is_maker=is_maker,
                exec_type=exec_type,
                source=source,
            ),
        )
    )


def record(session: Session, fill: Fill, *, effect: Effect | None = None) -> Operation[FillResult]:
    """Books a checked fill, with the cache told before and after; refuses one of another effect than it must have."""
    account_id = yield from registered(session)
    params = {**fill.params, "account_id": account_id, "bot_id": session.bot_id, "effect": effect}
    name = "record_cash" if fill.is_cash else "record_fill"
    named_bot, category, symbol, idx = fill.book  # a bot that the account may not have
    lines = {(bot, category, symbol, idx) for bot in (session.bot_id, named_bot or session.bot_id)}
    [results] = yield from write_announced(session, name, [Write(params, lines)], _read_result)
    return results[0]


def record_fills(
    session: Session, fills: Iterable[Mapping[str, Any]], *, superseding: bool = False
) -> Operation[list[FillResult]]:
    """Books many executions in one round trip, each book's in one transaction.

    `fills` are mappings of `record_fill`'s arguments; the results come in the same order, each with the
    position that its own transaction left. All are checked before any is written. If the database refuses one, nothing
    of its book is written, other books' fills are, and the error is raised. With `superseding` executions that are
    new take, in the same transaction, the place of later adjustments of their line, in whatever bot's book.
    """
    if not isinstance(fills, Iterable):
        raise InvalidInputError("fills", fills, "mappings of record_fill's arguments")
    read = [read_mapping(number, given, session.category) for number, given in enumerate(fills)]
    if not read:
        return []
    account_id = yield from registered(session)
    others = yield from _other_bots(session, read)
    groups: dict[Book, list[int]] = {}
    for number, fill in enumerate(read):
        named_bot, category, symbol, idx = fill.book
        groups.setdefault((named_bot if named_bot in others else None, category, symbol, idx), []).append(number)
    # Those that name a bot go first: what does not, goes where its order went.
    ordered = sorted(groups.items(), key=lambda group: (group[0][0] is None, *map(str, group[0])))
    parts = [(book, numbers, _offered(session, book, groups, read)) for book, numbers in ordered]
    writes = [
        Write(
            _batch_params(session, account_id, book, [read[n] for n in numbers], [read[n] for n in offered]),
            {(book[0] or session.bot_id, *book[1:])},  # others it may turn out to change
        )
        for book, numbers, offered in parts
    ]
    name = "record_superseding" if superseding else "record_fills"
    answers = yield from write_announced(session, name, writes, _read_results)
    results: Results = {}
    for (_, numbers, offered), answer in zip(parts, answers, strict=True):
        for place, number in enumerate(numbers + offered):
            # What two transactions were given is answered by the one that booked it.
            if place in answer and (number not in results or results[number].duplicate):
                results[number] = answer[place]
    return [results[number] for number in range(len(read))]


def _other_bots(session: Session, fills: list[Fill]) -> Operation[set[str]]:
    """Those bots of the account, other than the client's own, that client order ids of `fills` name.

    A book's fills go to the database together, however each of them says whose it is.
    """
    names = {name for fill in fills if (name := fill.book[0]) not in {None, session.bot_id}}
    if not names:
        return set()
    rows = yield Query(
        "known_bots", {"account_id": session.account_id, "bot_id": session.bot_id, "names": sorted(map(str, names))}
    )
    return set(rows[0]["bots"])


def _offered(session: Session, book: Book, groups: Mapping[Book, list[int]], fills: list[Fill]) -> list[int]:
    """Fills that name nobody but are of this named bot's leg if their orders are its, which the database knows.

    They go there with those that name it, so that it is not closed in one transaction before it is opened in the next;
    and once more with those that name nobody, where what was booked before is not booked again.
    """
    named_bot, category, symbol, position_idx = book
    if named_bot is None or position_idx == 0:
        return []
    nobodys = groups.get((None, category, symbol, position_idx), [])
    return [n for n in nobodys if fills[n].book[0] != session.bot_id and fills[n].params["order_id"] is not None]


def _batch_params(
    session: Session, account_id: int, book: Book, fills: list[Fill], by_order: list[Fill]
) -> dict[str, Any]:
    named_bot, category, symbol, position_idx = book
    return {
        "account_id": account_id,
        "bot_id": session.bot_id,
        "named_bot": named_bot,
        "category": category,
        "symbol": symbol,
        "position_idx": position_idx,
        "fills": dump_fills(fills, session.bot_id, by_order),
    }


def _read_result(rows: Rows) -> Results:
    return {0: FillResult.from_row(rows[0]["result"])}


def _read_results(rows: Rows) -> Results:
    """The results of one book's batch by place, each with the position that the batch left in its own book.

    Those that went into other bots' books say so; those that are of another batch have none.
    """
    answer = rows[0]["result"]
    left = {at["bot_id"]: Position.from_row(at) for at in (*answer.get("others", ()), answer["position"])}
    results: Results = {}
    for place, result in enumerate(answer["results"]):
        if result is not None:
            own = result.get("position", answer["position"])
            results[place] = FillResult.from_row(result, left.get(own["bot_id"]))
    return results
