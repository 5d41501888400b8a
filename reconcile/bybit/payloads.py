"""Reads Bybit's objects into values. Whatever cannot be read comes back as Unreadable, with its reason and its object.

Nothing here raises for anything that the venue may send, and nothing is guessed: an execution without a fee is not
one that cost nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from reconcile.bybit.keeping import kept
from reconcile.bybit.kinds import CASH_ONLY, why_not_applied
from reconcile.bybit.rows import ClosedPnlRow, ExecutionRow, InstrumentRow, OrderRow, PositionRow, Row
from reconcile.bybit.times import from_ms
from reconcile.values import ClosedPnl, Execution, Instrument, Order, Unreadable, VenuePosition

R = TypeVar("R", bound=Row)
V = TypeVar("V")


class _Refused(Exception):
    """A row whose fields are fine one by one contradicts itself."""


def read_execution(raw: Any, category: str, endpoint: str) -> Execution | Unreadable:
    """An execution. Types whose effect is not known are Unreadable: a person decides what they did."""
    value = _read(ExecutionRow, _execution, raw, category, endpoint)
    return replace(value, readable=_readable(value.raw)) if isinstance(value, Unreadable) else value


def read_order(raw: Any, category: str, endpoint: str) -> Order | Unreadable:
    """An order. Its quantity is None where Bybit states it in quote coins (`marketUnit`)."""
    return _read(OrderRow, _order, raw, category, endpoint)


def read_position(raw: Any, category: str, endpoint: str) -> VenuePosition | Unreadable:
    """One line; flat when its size is 0."""
    return _read(PositionRow, _position, raw, category, endpoint)


def read_closed_pnl(raw: Any, category: str, endpoint: str) -> ClosedPnl | Unreadable:
    """The P&L of one closing order, from the exact values, not from the rounded averages."""
    return _read(ClosedPnlRow, _closed_pnl, raw, category, endpoint)


def read_instrument(raw: Any, category: str, endpoint: str) -> Instrument | Unreadable:
    """What is traded under a symbol. Spot settles in the quote coin."""
    return _read(InstrumentRow, _instrument, raw, category, endpoint)


def _read(
    model: type[R], convert: Callable[[R, str, Mapping[str, Any]], V], raw: Any, category: str, endpoint: str
) -> V | Unreadable:
    raw = kept(raw)
    if not isinstance(raw, Mapping):
        return Unreadable(endpoint=endpoint, category=category, reason="not an object", raw={"value": raw})
    try:
        return convert(model.model_validate(raw), category, raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)[:5]
        reason = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)
    except _Refused as error:
        reason = str(error)
    return _unreadable(raw, category, endpoint, reason)


def _unreadable(raw: Mapping[str, Any], category: str, endpoint: str, reason: str) -> Unreadable:
    def text(name: str) -> str | None:
        value = raw.get(name)
        return value if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable() else None

    time = raw.get("execTime")
    digits = str(time) if isinstance(time, str | int) else ""
    known = digits.isascii() and digits.isdigit() and len(digits) == 13
    return Unreadable(
        endpoint=endpoint,
        category=category,
        reason=reason,
        raw=raw,
        exec_id=text("execId"),
        symbol=text("symbol"),
        exec_type=text("execType"),
        exec_time=from_ms(int(digits)) if known else None,
    )


def _readable(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those fields of an execution that can be read one by one, under the ledger's names."""
    found = {}
    for name, (key, reader) in _FIELDS.items():
        with suppress(ValidationError):
            found[_NAMES.get(name, name)] = reader.validate_python(raw[key]) if key in raw else None
    return {name: value for name, value in found.items() if value is not None}


_FIELDS = {
    name: (field.alias or name, TypeAdapter(field.rebuild_annotation()))
    for name, field in ExecutionRow.model_fields.items()
}
_NAMES = {"exec_fee": "fee", "order_link_id": "client_order_id", "closed_size": "closed_qty"}


def _execution(row: ExecutionRow, category: str, raw: Mapping[str, Any]) -> Execution:
    refusal = why_not_applied(row.exec_type)
    if refusal:
        raise _Refused(refusal)
    fee = row.exec_fee
    if row.exec_type == "FutureSpread" and row.exec_fee_v2 is not None:
        fee = row.exec_fee_v2
    if fee is None:
        raise _Refused("execFee is missing")
    if row.exec_type not in CASH_ONLY:
        if not row.exec_qty:
            raise _Refused("execQty is 0")
        if not row.exec_price and category != "option":
            raise _Refused("execPrice is 0")
    return Execution(
        category=category,
        symbol=row.symbol,
        side=row.side,
        exec_id=row.exec_id,
        exec_type=row.exec_type,
        exec_price=row.exec_price,
        exec_qty=row.exec_qty,
        exec_time=row.exec_time,
        fee=fee,
        fee_currency=row.fee_currency,
        order_id=row.order_id,
        client_order_id=row.order_link_id,
        seq=row.seq,
        is_maker=row.is_maker,
        closed_qty=row.closed_size,
        leaves_qty=row.leaves_qty,
        create_type=row.create_type,
        stop_order_type=row.stop_order_type,
        order_type=row.order_type,
        position_idx=row.position_idx,
        raw=raw,
    )


def _order(row: OrderRow, category: str, raw: Mapping[str, Any]) -> Order:
    return Order(
        category=category,
        symbol=row.symbol,
        order_id=row.order_id,
        client_order_id=row.order_link_id,
        side=row.side,
        status=row.order_status,
        qty=None if row.market_unit == "quoteCoin" else row.qty,
        cum_exec_qty=row.cum_exec_qty,
        price=_none_if_zero(row.price),
        avg_price=_none_if_zero(row.avg_price),
        cum_exec_fee=row.cum_exec_fee,
        fees=row.cum_fee_detail or {},
        position_idx=row.position_idx,
        reduce_only=row.reduce_only,
        create_type=row.create_type,
        stop_order_type=row.stop_order_type,
        parent_client_order_id=row.parent_order_link_id,
        created_at=row.created_time,
        updated_at=row.updated_time,
        raw=raw,
    )


def _position(row: PositionRow, category: str, raw: Mapping[str, Any]) -> VenuePosition:
    if row.size and not row.side:
        raise _Refused(f"size is {row.size} and side is empty")
    return VenuePosition(
        category=category,
        symbol=row.symbol,
        position_idx=row.position_idx,
        side=row.side if row.size else "",
        size=row.size,
        avg_price=row.avg_price if row.size else None,
        mark_price=row.mark_price,
        seq=row.seq,
        updated_at=row.updated_time,
        raw=raw,
    )


def _closed_pnl(row: ClosedPnlRow, category: str, raw: Mapping[str, Any]) -> ClosedPnl:
    return ClosedPnl(
        category=category,
        symbol=row.symbol,
        order_id=row.order_id,
        side=row.side,
        closed_qty=row.closed_size,
        entry_value=row.cum_entry_value,
        exit_value=row.cum_exit_value,
        closed_pnl=row.closed_pnl,
        open_fee=row.open_fee,
        close_fee=row.close_fee,
        fill_count=row.fill_count,
        exec_type=row.exec_type,
        created_at=row.created_time,
        updated_at=row.updated_time,
        raw=raw,
    )


def _instrument(row: InstrumentRow, category: str, _: Mapping[str, Any]) -> Instrument:
    settle_coin = row.settle_coin or (row.quote_coin if category == "spot" else None)
    if settle_coin is None:
        raise _Refused("settleCoin is missing")
    return Instrument(
        category=category,
        symbol=row.symbol,
        base_coin=row.base_coin,
        quote_coin=row.quote_coin,
        settle_coin=settle_coin,
        qty_step=row.lot_size_filter.qty_step or row.lot_size_filter.base_precision,
        tick_size=row.price_filter.tick_size,
        contract_type=row.contract_type,
        status=row.status,
    )


def _none_if_zero(value: Decimal | None) -> Decimal | None:
    return value or None
