"""Finds the SQL, which lives in files: in `sql/` of a checkout, in `ledger/_sql` of an installed wheel."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_root(name: str) -> Path:
    """The folder `name` (`sql`, `migrations`) that came with this package."""
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name


@cache
def query(name: str) -> str:
    """The text of the named query, `sql/queries/<name>.sql`."""
    return (resource_root("sql") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
