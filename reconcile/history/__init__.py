"""Bringing the past in: files, tables and exchanges of old become the ledger's own journal, lots and trades.

What programs use is found here by name; importing it asks for the libraries of the extra `history`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reconcile.history.extra import require_extra

if TYPE_CHECKING:
    from reconcile.history.checking import Reading
    from reconcile.history.report import BookReport, ImportReport, Reason
    from reconcile.history.rows import Batch, Reject, Source
    from reconcile.history.run import ImportOptions, import_history
    from reconcile.history.sources.ccxt import CcxtSource
    from reconcile.history.sources.errors import UnreadableSourceError
    from reconcile.history.sources.files import FileSource
    from reconcile.history.sources.mapping import ColumnMapping
    from reconcile.history.sources.table import TableSource

__all__ = [
    "Batch",
    "BookReport",
    "CcxtSource",
    "ColumnMapping",
    "FileSource",
    "ImportOptions",
    "ImportReport",
    "Reading",
    "Reason",
    "Reject",
    "Source",
    "TableSource",
    "UnreadableSourceError",
    "import_history",
]
_MODULES = {
    "checking": ("Reading",),
    "report": ("BookReport", "ImportReport", "Reason"),
    "rows": ("Batch", "Reject", "Source"),
    "run": ("ImportOptions", "import_history"),
    "sources.ccxt": ("CcxtSource",),
    "sources.errors": ("UnreadableSourceError",),
    "sources.files": ("FileSource",),
    "sources.mapping": ("ColumnMapping",),
    "sources.table": ("TableSource",),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Imports what is asked for. Raises ConfigurationError where the extra is missing."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    require_extra("the import of history", ("duckdb", "numpy", "pyarrow"))
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
