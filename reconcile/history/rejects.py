"""The file that says of each rejected row where it stands and why."""

import csv
from collections.abc import Iterable
from pathlib import Path

from reconcile.history.rows import Reject

_COLUMNS = ("origin", "line", "field", "value", "reason")


def write_rejects(path: Path, rejects: Iterable[Reject]) -> None:
    """Writes CSV with a header, whether or not there are any."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows([getattr(reject, name) for name in _COLUMNS] for reject in rejects)
