"""To whom an execution belongs, and what closed the position with it.

Source of the names: Bybit's V5 enumerations `execType`, `createType` and `stopOrderType` (2026-07).
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from ledger.fill import CASH_TYPES
from ledger.order_ids import parse_client_order_id
from ledger.session import EXTERNAL
from reconcile.startup.report import Finding
from reconcile.startup.store import KnownOrder
from reconcile.values import Execution

_NO_ORDER = CASH_TYPES | {"Settle"}
_REASON_OF_EXEC = {"BustTrade": "liquidation", "AdlTrade": "adl", "Delivery": "delivery", "Settle": "settlement"}
_REASON_OF_CREATE = {
    "CreateByLiq": "liquidation",
    "CreateByTakeOver_PassThrough": "liquidation",
    "CreateByAdl_PassThrough": "adl",
    "CreateByStopLoss": "stop_loss",
    "CreateByPartialStopLoss": "stop_loss",
    "CreateByTakeProfit": "take_profit",
    "CreateByPartialTakeProfit": "take_profit",
    "CreateByTrailingStop": "trailing_stop",
    "CreateByTrailingProfit": "trailing_stop",
    "CreateByMmRateClose": "liquidation",
    "CreateBySettle": "settlement",
    "CreateByDelivery": "delivery",
}
_REASON_OF_STOP = {
    "StopLoss": "stop_loss",
    "PartialStopLoss": "stop_loss",
    "TakeProfit": "take_profit",
    "PartialTakeProfit": "take_profit",
    "TrailingStop": "trailing_stop",
    "TrailingProfit": "trailing_stop",
    "MmRateClose": "liquidation",
}


def orders_named(executions: Iterable[Execution]) -> set[str]:
    """The ids of their orders, of those that are of one."""
    return {e.order_id for e in executions if e.order_id and e.exec_type not in _NO_ORDER}


def _venue_reason(execution: Execution, order: KnownOrder | None) -> str | None:
    """Why the venue itself made this exit; None if somebody sent the order."""
    create = execution.create_type or (order.create_type if order else None)
    stop = execution.stop_order_type or (order.stop_order_type if order else None)
    return (
        _REASON_OF_EXEC.get(execution.exec_type)
        or _REASON_OF_CREATE.get(create or "")
        or _REASON_OF_STOP.get(stop or "")
    )


def close_reason(execution: Execution, order: KnownOrder | None) -> str | None:
    """What a trade that this execution completes carries as `exit_reason`."""
    if reason := _venue_reason(execution, order):
        return reason
    said = parse_client_order_id(execution.client_order_id)
    return (said.reason or None) if said else None


def stated_owner(execution: Execution, order: KnownOrder | None, bots: Collection[str]) -> str | None:
    """The bot that the execution or its order names; None where only the open lots can tell."""
    said = parse_client_order_id(execution.client_order_id)
    if said and said.bot_id in bots:
        return said.bot_id
    if order is not None and order.bot_id is not None:
        return order.bot_id
    if _venue_reason(execution, order) and not execution.client_order_id:
        return None
    return EXTERNAL


def owner_by_lots(open_before: Mapping[str, Decimal], side: str | None) -> str:
    """The one bot with something open: on the side that a fill of `side` closes, or, without a side, at all."""
    closes = -1 if side == "Buy" else 1
    holders = [bot for bot, qty in open_before.items() if side is None or qty * closes > 0]
    return holders[0] if len(holders) == 1 else EXTERNAL


def shared_funding(line: tuple[str, str, int], exec_id: str, amount: Decimal, held: Mapping[str, Decimal]) -> Finding:
    """Cash of a position that several bots had: one execution is booked once and never split, so it is `external`'s.

    What each would bear by its quantity is stated beside it, by cumulative rounding, so that the shares add up.
    """
    category, symbol, position_idx = line
    return Finding(
        kind="funding_shared",
        rule="several bots had the position: an execution is booked once and never split, so it went to external",
        category=category,
        symbol=symbol,
        position_idx=position_idx,
        bot_id=EXTERNAL,
        ledger={bot: f"{qty:f}" for bot, qty in sorted(held.items())},
        venue={"exec_id": exec_id, "amount": f"{amount:f}"}
        | {f"share of {bot}": f"{part:f}" for bot, part in _shares(amount, held).items()},
    )


def _shares(amount: Decimal, held: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """`amount` in proportion of signed quantities: who was on the other side receives what the others pay."""
    whole = sum(held.values(), Decimal(0))
    if not whole:
        return {}
    shares, so_far, given = {}, Decimal(0), Decimal(0)
    with localcontext(prec=60):
        for bot, qty in sorted(held.items()):
            so_far += qty
            upto = (amount * so_far / whole).quantize(_SMALLEST, ROUND_HALF_EVEN) if so_far != whole else amount
            shares[bot], given = upto - given, upto
    return shares


_SMALLEST = Decimal("1e-18")
