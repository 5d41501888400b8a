"""The code that handles money."""

from pathlib import Path

from tests.mutation.mutant import ROOT

# Logins, instruments, runs of the reconciler, quarantine, the service and what was imported as read are no money.
_SQL = (
    "lookups", "money", "apply_fill", "open_lots", "derive", "rebuild", "replay", "record_fill", "record_fills",
    "apply_batch", "batch_parts", "books", "journal", "settle_order", "position_as_of", "adjust", "supersede",
    "reassign_fill", "reassign_cash", "record_cash", "history", "verify", "verify_derived", "verify_strays",
)  # fmt: skip
_VIEWS = ("current_positions", "position_entries")
_PYTHON = (
    "reconcile/history/matching.py", "reconcile/history/deriving.py", "reconcile/history/journal.py",
    "reconcile/history/numbers.py", "ledger/money.py", "ledger/fill.py", "ledger/verify.py",
)  # fmt: skip


def sql_files() -> list[Path]:
    """Files of functions and views."""
    return [ROOT / "sql" / "functions" / f"{name}.sql" for name in _SQL] + [
        ROOT / "sql" / "views" / f"{name}.sql" for name in _VIEWS
    ]


def python_files() -> list[Path]:
    """Modules that compute or check amounts."""
    return [ROOT / name for name in _PYTHON]
