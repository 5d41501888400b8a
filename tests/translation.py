"""Between the oracle's words and the client's."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.exact import decimal
from tests.oracle import Fill
from tests.oracle_ledger import BookKey, Cash, is_order_level

# The oracle's names of what may differ in a conflict, as the client names them.
FIELD_NAMES = {"price": "exec_price", "qty": "exec_qty", "time": "exec_time"}


def arguments(key: BookKey, fill: Fill) -> dict[str, Any]:
    """A fill as `record_fill` takes it."""
    return {
        "symbol": key.instrument.symbol,
        "category": key.instrument.category,
        "position_idx": key.position_idx,
        "side": fill.side,
        "exec_price": decimal(fill.price),
        "exec_qty": decimal(fill.qty),
        "exec_time": fill.time,
        "exec_id": None if is_order_level(fill) else fill.exec_id,
        "order_id": fill.order_id,
        "commission": decimal(fill.commission),
        "commission_asset": fill.commission_asset,
        "seq": fill.seq or None,
    }


def cash_arguments(key: BookKey, cash: Cash, time: datetime) -> dict[str, Any]:
    """A funding payment as `record_fill` takes it: Bybit reports it with the whole position as its quantity."""
    return {
        "symbol": key.instrument.symbol,
        "category": key.instrument.category,
        "position_idx": key.position_idx,
        "side": "Sell",
        "exec_price": 1,
        "exec_qty": 1,
        "exec_time": time,
        "exec_id": cash.exec_id,
        "commission": decimal(cash.amount),
        "commission_asset": cash.asset,
        "exec_type": "Funding",
    }


def book_filter(key: BookKey) -> dict[str, Any]:
    """How the client's reading methods name a book."""
    return {
        "symbol": key.instrument.symbol,
        "category": key.instrument.category,
        "position_idx": key.position_idx,
    }


def conflicting_fields(differing: Mapping[str, Any] | frozenset[str]) -> set[str]:
    """The oracle's names of fields in the client's words."""
    return {FIELD_NAMES.get(name, name) for name in differing}


def fractions(row: Mapping[str, Any], *names: str) -> tuple[Fraction | None, ...]:
    """Numbers of a row, exactly."""
    return tuple(None if row[name] is None else Fraction(row[name]) for name in names)
