"""Writing fills."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from ledger.database import Rows
from ledger.errors import InvalidInputError
from ledger.fill import Fill, dump_fills, read_fill, read_mapping
from ledger.money import Number
from ledger.operations.announcing import Results, Write, write_announced
from ledger.operations.parting import Part, parted, unnamed
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
    parts = yield from parted(session, read)
    results = yield from _write_parts(session, account_id, parts, read, superseding=superseding)
    # What was sent with another bot's and turned out not to be that bot's.
    strays = unnamed(read, [number for number in range(len(read)) if number not in results])
    results |= yield from _write_parts(session, account_id, strays, read, superseding=superseding)
    return [results[number] for number in range(len(read))]


def _write_parts(
    session: Session, account_id: int, parts: list[Part], fills: list[Fill], *, superseding: bool
) -> Operation[Results]:
    writes = [
        Write(_part_params(session, account_id, part, fills), {(part.book[0] or session.bot_id, *part.book[1:])})
        for part in parts
    ]
    name = "record_superseding" if superseding else "record_fills"
    answers = (yield from write_announced(session, name, writes, _read_results)) if writes else []
    return {
        (part.numbers + part.by_order)[place]: result
        for part, answer in zip(parts, answers, strict=True)
        for place, result in answer.items()
    }


def _part_params(session: Session, account_id: int, part: Part, fills: list[Fill]) -> dict[str, Any]:
    named_bot, category, symbol, position_idx = part.book
    return {
        "account_id": account_id,
        "bot_id": session.bot_id,
        "named_bot": named_bot,
        "category": category,
        "symbol": symbol,
        "position_idx": position_idx,
        "fills": dump_fills([fills[n] for n in part.numbers], session.bot_id, [fills[n] for n in part.by_order]),
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
