"""Sends an order and books it: all that the three bots need beside their strategy.

Two copies of a bot may run at once. The ledger books each execution once, whoever brings it. It cannot keep two copies
from sending an order each: the bot does, by an order id that follows from the position that it decided on. Both copies
see the same `book_seq`, so both send the same id, and Bybit takes an id once (110072).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pybit.exceptions import InvalidRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger import LedgerClient, Position

DUPLICATE_ID = 110072


def trade(
    session: HTTP, ledger: LedgerClient, at: Position, *, side: str, qty: Decimal, reason: str, **more: str
) -> None:
    """One market order for each state of the book: `at` is the position that the decision was made on."""
    order_id = f"{ledger.bot_id}-{at.symbol}-{at.book_seq:09d}"
    order = {"category": "linear", "symbol": at.symbol, "side": side, "orderType": "Market", "qty": str(qty), **more}
    try:
        session.place_order(**order, orderLinkId=order_id)
    except InvalidRequestError as error:
        if error.status_code != DUPLICATE_ID:
            raise
        print("sent already:", order_id)  # by the other copy, or by this one before it was killed
    rows = session.get_executions(category="linear", orderLinkId=order_id)["result"]["list"]
    for result in ledger.record_fills(fill(row, reason) for row in rows):
        if not result.duplicate:
            print(side, qty, "for", reason, "->", result.position.side, result.position.size)


def fill(row: Mapping[str, Any], reason: str) -> dict[str, Any]:
    return {
        "symbol": row["symbol"],
        "side": row["side"],
        "exec_price": row["execPrice"],
        "exec_qty": row["execQty"],
        "exec_time": datetime.fromtimestamp(int(row["execTime"]) / 1000, UTC),
        "exec_id": row["execId"],
        "order_id": row["orderId"],
        "client_order_id": row["orderLinkId"],
        "commission": row["execFee"],
        "commission_asset": row["feeCurrency"] or None,
        "exec_type": row["execType"],
        "is_maker": row["isMaker"],
        "seq": int(row["seq"]),
        "close_reason": reason,
    }
