"""Agreement with the exchange."""

from reconcile.errors import (
    ExchangeError,
    ExchangeRefusedError,
    ExchangeUnavailableError,
    UnexplainedDifferenceError,
    WrongAccountError,
)
from reconcile.exchange import Exchange, Gap, Lost, StreamEvent
from reconcile.quarantine.api import apply_quarantined, apply_quarantined_sync
from reconcile.quarantine.statement import Correction
from reconcile.startup.api import reconcile_positions_on_startup, reconcile_positions_on_startup_sync
from reconcile.startup.report import ComparedCycle, ComparedLine, Finding, ReconciliationReport

__all__ = [
    "ComparedCycle",
    "ComparedLine",
    "Correction",
    "Exchange",
    "ExchangeError",
    "ExchangeRefusedError",
    "ExchangeUnavailableError",
    "Finding",
    "Gap",
    "Lost",
    "ReconciliationReport",
    "StreamEvent",
    "UnexplainedDifferenceError",
    "WrongAccountError",
    "apply_quarantined",
    "apply_quarantined_sync",
    "reconcile_positions_on_startup",
    "reconcile_positions_on_startup_sync",
]
