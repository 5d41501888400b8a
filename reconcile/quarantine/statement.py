"""What an execution in quarantine did: as its row says, corrected by a person."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.errors import InvalidInputError
from ledger.fill import CASH_TYPES, POSITION_TYPES, read_fill
from ledger.money import Number, read_decimal
from ledger.operations.deciding import Decision
from reconcile.values import Execution

_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What a person says of an execution, by the names of `record_fill`; None: it is as the exchange said."""

    symbol: str | None = None
    side: str | None = None
    exec_type: str | None = None
    exec_price: Number | None = None
    exec_qty: Number | None = None
    exec_time: datetime | None = None
    commission: Number | None = None
    commission_asset: str | None = None
    position_idx: int | None = None

    @property
    def given(self) -> Mapping[str, Any]:
        """What was said."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in named.items() if value is not None}


def stated(row: Mapping[str, Any], decision: Decision, correction: Correction) -> dict[str, Any]:
    """`record_fill`'s arguments, `position_idx` None where nothing says it.

    Raises InvalidInputError naming what neither the row nor the person says, or what breaks a rule.
    """
    said = {"symbol": row["symbol"], "exec_time": row["exec_time"], **_ledger_names(row["readable"])}
    said |= correction.given
    usual, allowed = ("Funding", CASH_TYPES) if decision == "cash" else ("Trade", POSITION_TYPES)
    if correction.exec_type is None and said.get("exec_type") not in allowed:
        said["exec_type"] = usual
    if said["exec_type"] not in allowed:
        raise InvalidInputError("exec_type", said["exec_type"], f"for {decision} one of {', '.join(sorted(allowed))}")
    for name in ("symbol", "side", "exec_qty", "exec_time", "commission"):
        _require(said, name)
    if decision == "fill":
        _require(said, "exec_price")
        _require_coin(row["category"], said)
    fill = {"seq": None, "order_id": None, "client_order_id": None, "position_idx": None, **said}
    fill |= {"exec_price": said.get("exec_price"), "is_maker": said.get("is_maker"), "source": "quarantine"}
    if decision == "cash":
        fill |= {"order_id": None, "exec_price": fill["exec_price"] or None}
    arguments = {name: value for name, value in fill.items() if name in _ARGUMENTS}
    read_fill(
        **{**arguments, "position_idx": fill["position_idx"] or 0},
        exec_id=row["exec_id"],
        category=row["category"],
    )
    return arguments


def as_execution(row: Mapping[str, Any], fill: Mapping[str, Any]) -> Execution:
    """The same as what the exchange would have said, for the rules of ownership."""
    readable = row["readable"]
    return Execution(
        category=row["category"],
        symbol=fill["symbol"],
        side=fill["side"],
        exec_id=row["exec_id"],
        exec_type=fill["exec_type"],
        exec_price=_ZERO,
        exec_qty=read_decimal("exec_qty", fill["exec_qty"]),
        exec_time=fill["exec_time"],
        fee=_ZERO,
        order_id=fill["order_id"],
        client_order_id=fill["client_order_id"],
        seq=fill["seq"],
        create_type=readable.get("create_type"),
        stop_order_type=readable.get("stop_order_type"),
    )


_ARGUMENTS = frozenset(Correction.__dataclass_fields__) | {
    "order_id",
    "client_order_id",
    "seq",
    "is_maker",
    "source",
}


def _ledger_names(readable: Mapping[str, Any]) -> dict[str, Any]:
    names = {"fee": "commission", "fee_currency": "commission_asset"}
    said = {names.get(name, name): value for name, value in readable.items()}
    if "exec_time" in said:
        said["exec_time"] = datetime.fromisoformat(said["exec_time"])
    return said


def _require(said: Mapping[str, Any], name: str) -> None:
    if said.get(name) is None:
        raise InvalidInputError(name, None, "given: what the exchange sent does not say it")


def _require_coin(category: str, said: Mapping[str, Any]) -> None:
    """A spot fee is paid in either coin, and which one decides how much was bought."""
    if category == "spot" and said.get("commission_asset") is None and read_decimal("commission", said["commission"]):
        raise InvalidInputError("commission_asset", None, "given for a fee of spot: the exchange does not say it")
