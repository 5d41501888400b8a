"""Agreement with the exchange.

The functions are imported when they are asked for: pybit alone takes longer to start than most commands need.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reconcile.errors import (
    ExchangeError,
    ExchangeRefusedError,
    ExchangeUnavailableError,
    NotOfferedError,
    UnexplainedDifferenceError,
    WrongAccountError,
)
from reconcile.exchange import Exchange, Gap, Lost, StreamEvent
from reconcile.quarantine.statement import Correction
from reconcile.startup.report import ComparedCycle, ComparedLine, Finding, ReconciliationReport

if TYPE_CHECKING:
    from reconcile.quarantine.api import apply_quarantined, apply_quarantined_sync
    from reconcile.startup.api import reconcile_positions_on_startup, reconcile_positions_on_startup_sync

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
    "NotOfferedError",
    "ReconciliationReport",
    "StreamEvent",
    "UnexplainedDifferenceError",
    "WrongAccountError",
    "apply_quarantined",
    "apply_quarantined_sync",
    "reconcile_positions_on_startup",
    "reconcile_positions_on_startup_sync",
]
_WHERE = {
    "apply_quarantined": "quarantine.api",
    "apply_quarantined_sync": "quarantine.api",
    "reconcile_positions_on_startup": "startup.api",
    "reconcile_positions_on_startup_sync": "startup.api",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
