"""Where an execution belongs, and what a run has booked."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ledger.errors import ConflictingFillError
from ledger.fill import CASH_TYPES
from reconcile.startup.report import Finding
from reconcile.startup.store import Moment
from reconcile.values import Execution, Unreadable

LineKey = tuple[str, str, int]  # category, symbol, position_idx
BookKey = tuple[str, str, str, int]  # bot, category, symbol, position_idx


@dataclass(frozen=True)
class Seat:
    """An execution and where it belongs, as far as that is known before what comes before it is booked."""

    execution: Execution
    position_idx: int | None
    owner: str | None
    fill: dict[str, Any]

    @property
    def idx(self) -> int:
        """The leg, once it is known."""
        if self.position_idx is None:
            raise ValueError("the leg is not known yet")
        return self.position_idx

    @property
    def line(self) -> LineKey:
        """The position line."""
        return self.execution.category, self.execution.symbol, self.idx

    @property
    def moment(self) -> Moment:
        """Its place in exchange order on its line."""
        return moment_of(self.execution, self.idx)

    def on(self, position_idx: int) -> "Seat":
        """The same on a leg."""
        return replace(self, position_idx=position_idx, fill={**self.fill, "position_idx": position_idx})


@dataclass
class Booked:
    """What a run has booked: new executions by type, why exits were made by book, and what was refused."""

    imported: Counter[str] = field(default_factory=Counter)
    reasons: dict[BookKey, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    findings: list[Finding] = field(default_factory=list)  # for a person
    notes: list[Finding] = field(default_factory=list)  # what was decided by rule and is worth knowing
    insufficient: set[LineKey] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)  # what went into quarantine, and why

    def count(self, seat: Seat, bot_id: str) -> None:
        """One more that the ledger did not have, in this bot's book."""
        self.imported[seat.execution.exec_type] += 1
        if seat.execution.exec_type not in CASH_TYPES:
            self.reasons[bot_id, *seat.line].add(seat.fill["close_reason"])


def moment_of(e: Execution, position_idx: int) -> Moment:
    """An execution's place in exchange order on a line of its symbol."""
    return Moment(e.symbol, position_idx, e.exec_time, e.seq or 0, e.exec_id)


def refusal_of(seat: Seat, reason: str) -> Unreadable:
    """An execution that cannot be booked, for the quarantine, with all that is known of it."""
    e = seat.execution
    return Unreadable(
        endpoint="executions",
        category=e.category,
        reason=reason,
        raw=e.raw,
        exec_id=e.exec_id,
        symbol=e.symbol,
        exec_type=e.exec_type,
        exec_time=e.exec_time,
        readable=_readable(seat),
    )


def _readable(seat: Seat) -> Mapping[str, Any]:
    e = seat.execution
    known = {
        **{name: getattr(e, name) for name in _NAMES},
        "fee_currency": seat.fill["commission_asset"],
        "position_idx": seat.position_idx,
    }
    return {name: f"{v:f}" if isinstance(v, Decimal) else v for name, v in known.items() if v is not None}


_NAMES = (
    "symbol", "side", "exec_id", "exec_type", "exec_price", "exec_qty", "exec_time", "fee", "order_id",
    "client_order_id", "seq", "is_maker", "closed_qty", "create_type", "stop_order_type",
)  # fmt: skip


def conflict_of(seat: Seat, conflict: ConflictingFillError) -> Finding:
    """An execution that the ledger has with another payload."""
    e = seat.execution
    return Finding(
        kind="conflicting_fill",
        rule=f"execution {e.exec_id} is in the ledger with another payload, and what is journaled stays",
        category=e.category,
        symbol=e.symbol,
        position_idx=seat.position_idx,
        bot_id=seat.owner,
        ledger={name: str(values["stored"]) for name, values in conflict.fields.items()},
        venue={name: str(values["given"]) for name, values in conflict.fields.items()},
    )
