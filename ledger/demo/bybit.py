"""Bybit's V5 executions and orders as arguments of `record_fill`.

https://bybit-exchange.github.io/docs/v5/order/execution
https://bybit-exchange.github.io/docs/v5/order/order-list
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPOT = re.compile(r"(?P<base>.+?)(?P<quote>USDT|USDC|EUR|BTC|ETH)")


def read_page(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The rows of an answer or of a stream message, each with its category."""
    page = json.loads(text[text.index("{") :])
    body = page.get("result", page)
    rows = body["list"] if "list" in body else body["data"]
    return [(row.get("category") or body["category"], row) for row in rows]


def execution(category: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """What `record_fill` is to be told of an execution."""
    return {
        "symbol": row["symbol"],
        "side": row["side"],
        "exec_price": row["execPrice"],
        "exec_qty": row["execQty"],
        "exec_time": _time(row["execTime"]),
        "exec_id": row["execId"],
        "order_id": row["orderId"],
        "client_order_id": row["orderLinkId"],
        "commission": row["execFee"],
        "commission_asset": _fee_currency(category, row),
        "category": category,
        "seq": int(row["seq"]) if row.get("seq") else None,
        "is_maker": row["isMaker"],
        "exec_type": row["execType"],
        "source": "bybit",
    }


def order(category: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """What `record_fill` is to be told of a filled order whose executions are not known (yet)."""
    return {
        "symbol": row["symbol"],
        "side": row["side"],
        "exec_price": row["avgPrice"],
        "exec_qty": row["cumExecQty"],
        "exec_time": _time(row["updatedTime"]),
        "order_id": row["orderId"],
        "client_order_id": row["orderLinkId"],
        "commission": row["cumExecFee"],
        "category": category,
        "position_idx": int(row["positionIdx"]),
        "source": "bybit",
    }


def _time(milliseconds: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


def _fee_currency(category: str, row: Mapping[str, Any]) -> str | None:
    """The currency of a fee. None is the settle coin, which is right for all but spot.

    Old spot rows do not name it: a fee is paid in what is received, a maker's rebate in what is given.
    https://bybit-exchange.github.io/docs/v5/enum#spot-fee-currency-instruction
    """
    if row.get("feeCurrency") or category != "spot":
        return row.get("feeCurrency") or None
    coins = _SPOT.fullmatch(row["symbol"])
    if coins is None:
        return None
    is_rebate = Decimal(row["feeRate"]) < 0 and row["isMaker"]
    return coins["base" if (row["side"] == "Buy") != is_rebate else "quote"]
