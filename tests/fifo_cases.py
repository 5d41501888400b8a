"""FIFO scenarios of other programs (tests/data/README.md), and how far their answers compare with ours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "fifo_cases.json"
# For fills whose price the source leaves out: what comes of it is not compared.
_ANY_PRICE = Decimal("12.5")
_SIDES = {"Long": "Buy", "Short": "Sell"}


@dataclass(frozen=True)
class CaseFill:
    """A fill of a scenario; `seq` is its place in it, which decides between equal times."""

    seq: int
    side: str
    qty: Decimal
    price: Decimal
    fee: Decimal
    time: datetime


@dataclass(frozen=True)
class Closed:
    """A closed piece; None: not stated."""

    side: str
    qty: Decimal
    entry_price: Decimal | None
    exit_price: Decimal | None
    gross: Decimal | None
    fees: Decimal | None
    net: Decimal | None


@dataclass(frozen=True)
class Opened:
    """What is left of a lot; None: not stated."""

    side: str
    qty: Decimal
    price: Decimal | None


@dataclass(frozen=True)
class Case:
    """A scenario and what is expected of it."""

    name: str
    fee_convention: str
    tolerance: Decimal
    fills: tuple[CaseFill, ...]
    closed: tuple[Closed, ...]
    open: tuple[Opened, ...]
    realized: Decimal | None

    def differences(self, closed: Sequence[Closed], opened: Sequence[Opened]) -> list[str]:
        """What an answer, oldest first, has otherwise than expected; empty if nothing."""
        found: list[str] = []
        if len(closed) != len(self.closed) or len(opened) != len(self.open):
            found.append(f"{len(closed)} trades and {len(opened)} open lots instead of {self}")
            return found
        for number, (have, want) in enumerate(zip(closed, self.closed, strict=True)):
            found += self._differing(f"trade {number}", have, want, self._fields)
        for number, (is_open, expected) in enumerate(zip(opened, self.open, strict=True)):
            found += self._differing(f"open lot {number}", is_open, expected, ("side", "qty", "price"))
        for what, total, expected_total in self._totals(closed):
            if abs(total - expected_total) > self.tolerance:
                found.append(f"total {what}: {total} instead of {expected_total}")
        return found

    @property
    def _fields(self) -> tuple[str, ...]:
        fields: tuple[str, ...] = ("side", "qty", "entry_price", "exit_price", "gross")
        return (*fields, "fees", "net") if self.fee_convention == "prorata" else fields

    def _differing(self, what: str, have: object, want: object, fields: tuple[str, ...]) -> list[str]:
        pairs = [(name, getattr(have, name), getattr(want, name)) for name in fields]
        return [
            f"{what} {name}: {ours} instead of {theirs}"
            for name, ours, theirs in pairs
            if theirs is not None and not self._is_same(ours, theirs)
        ]

    def _is_same(self, ours: Any, theirs: Any) -> bool:
        if isinstance(theirs, Decimal):
            return isinstance(ours, Decimal) and abs(ours - theirs) <= self.tolerance
        return bool(ours == theirs)

    def _totals(self, closed: Sequence[Closed]) -> list[tuple[str, Decimal, Decimal]]:
        totals = []
        if self.realized is not None:
            # Whoever charges fees to the first piece states its realized profit before fees.
            kind = "gross" if self.fee_convention == "whole_fee_first_lot" else "net"
            totals.append((kind, _sum(closed, kind), self.realized))
        if self.fee_convention == "whole_fee_first_lot" and not self.open:
            totals.append(("fees", _sum(closed, "fees"), _sum(self.closed, "fees")))
            totals.append(("net", _sum(closed, "net"), _sum(self.closed, "net")))
        return totals


def _sum(pieces: Sequence[Closed], field: str) -> Decimal:
    return sum((getattr(piece, field) for piece in pieces), Decimal(0))


@cache
def load() -> tuple[Case, ...]:
    """All scenarios."""
    return tuple(_case(row) for row in json.loads(_FILE.read_text(encoding="utf-8")))


def _case(row: dict[str, Any]) -> Case:
    expected = row["expected"]
    return Case(
        name=row["id"],
        fee_convention=row["fee_convention"],
        tolerance=Decimal(row.get("tolerance", 0)),
        fills=tuple(_fill(number, fill) for number, fill in enumerate(row["fills"], 1)),
        closed=tuple(_closed(trade) for trade in expected["trades"]),
        open=tuple(
            Opened(_SIDES[lot["side"]], Decimal(lot["qty"]), _decimal(lot, "price")) for lot in expected["open"]
        ),
        realized=_decimal(expected, "realized_pnl"),
    )


def _fill(number: int, fill: dict[str, Any]) -> CaseFill:
    return CaseFill(
        seq=number,
        side=fill["side"],
        qty=Decimal(fill["qty"]),
        price=_decimal(fill, "price") or _ANY_PRICE,
        fee=Decimal(fill["fee"]),
        time=datetime.fromisoformat(fill["time"]),
    )


def _closed(trade: dict[str, Any]) -> Closed:
    return Closed(
        side=_SIDES[trade["direction"]],
        qty=Decimal(trade["qty"]),
        entry_price=_decimal(trade, "entry_price"),
        exit_price=_decimal(trade, "exit_price"),
        gross=_decimal(trade, "gross_pnl"),
        fees=_decimal(trade, "fees"),
        net=_decimal(trade, "net_pnl"),
    )


def _decimal(row: dict[str, Any], field: str) -> Decimal | None:
    value = row.get(field)
    return None if value is None else Decimal(value)
