"""What the service knows of itself: plain values that its parts write and that health, metrics and /status read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

StreamState = Literal["off", "connecting", "catching_up", "live"]
Result = Literal["ok", "findings", "degraded"]


@dataclass(kw_only=True)
class AccountStatus:
    """One account. Times are UTC; `problems` counts by kind what waits for a person."""

    name: str
    venue: str
    environment: str
    leading: bool = False  # whether this instance does the work; else another does, or will
    not_served: str | None = None  # why this instance can neither lead nor stand by
    stream: StreamState = "off"
    stream_alive_at: datetime | None = None
    last_booked_at: datetime | None = None
    reconciled_at: datetime | None = None
    reconciliation: Result | None = None  # of the last one
    reason: str | None = None  # why it is degraded
    problems: dict[str, int] = field(default_factory=dict)
    residual: Decimal = Decimal(0)  # Σ|ledger − venue| over the account's lines; 0: both sides agree
    may_withdraw: bool | None = None

    def not_ready(self) -> str | None:
        """Why the account keeps the service from being ready; None: it does not."""
        if self.not_served is not None:
            return f"account {self.name}: not served: {self.not_served}"
        if not self.leading:
            return None
        if self.reconciliation is None:
            return f"account {self.name}: not reconciled yet"
        if self.reconciliation == "degraded":
            return f"account {self.name}: the last reconciliation is degraded: {self.reason or 'no reason given'}"
        return None


@dataclass(kw_only=True)
class JobStatus:
    """One job of an account, or of the whole service. Times are UTC; `last_result` is a line for people."""

    name: str
    account: str | None = None
    running: bool = False
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_ok: bool | None = None
    last_error: str | None = None
    last_result: str | None = None
    next_at: datetime | None = None


@dataclass(kw_only=True)
class ServiceStatus:
    """The whole service. The keys of `accounts` are their names, those of `jobs` are the service's own choice."""

    started_at: datetime
    draining: bool = False
    database_ok: bool = False
    accounts: dict[str, AccountStatus] = field(default_factory=dict)
    jobs: dict[str, JobStatus] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether the ledger can be relied upon to be kept up to date by this instance or the one that leads."""
        return not self.not_ready()

    def not_ready(self) -> list[str]:
        """Why it is not ready, one sentence each; empty: it is."""
        reasons = []
        if self.draining:
            reasons.append("the service is stopping")
        if not self.database_ok:
            reasons.append("PostgreSQL does not answer")
        if not self.accounts:
            reasons.append("no account is served yet")
        reasons += [reason for account in self.accounts.values() if (reason := account.not_ready()) is not None]
        return reasons

    def document(self) -> dict[str, Any]:
        """Everything as JSON has it: times in ISO 8601, decimals as text."""
        document: dict[str, Any] = _plain(asdict(self))
        return {"ready": self.ready, "not_ready": self.not_ready(), **document}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case Mapping():
            return {key: _plain(part) for key, part in value.items()}
        case str():
            return value
        case Sequence():
            return [_plain(part) for part in value]
        case _:
            return value
