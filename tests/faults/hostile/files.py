"""Import files: whatever is in them, rows come out that the ledger takes just as they are written, or a reason."""

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from ledger.errors import ConfigurationError, LedgerError
from ledger.fill import read_fill
from reconcile.history.checking import Reading, check
from reconcile.history.rows import REQUIRED
from reconcile.history.sources.files import FileSource
from reconcile.history.sources.mapping import read_mapping
from reconcile.service.accounts import load_accounts
from reconcile.service.settings import ServiceSettings
from tests.faults.hostile.target import Check, Target, is_documented
from tests.servers import Servers

_READING = Reading(timezone="Europe/Berlin")
_OF_BOOK = ("bot_id", "origin", "line", "row_id", "named_bot")


@contextmanager
def _files(_: Servers | None) -> Iterator[Check]:
    with tempfile.TemporaryDirectory(prefix="fifo_hostile_") as folder:
        yield lambda content: read_file(Path(folder) / "past", content)


def read_file(path: Path, content: bytes) -> None:
    """Reads a file of this content as the import does."""
    path.write_bytes(content)
    found: list[dict[str, Any]] = []
    try:
        for batch in FileSource([str(path)]).batches():
            assert len(batch.lines) == batch.rows.num_rows
            sound, rejected = check(batch, _READING)
            assert sound.num_rows + len(rejected) == batch.rows.num_rows + len(batch.rejected)
            assert all(reject.reason for reject in rejected)
            found += sound.to_pylist()
    except LedgerError as error:
        assert is_documented(error), error
    for row in found:
        _as_the_client_reads_it(row)
    _as_it_is_written(content, found)


def _as_the_client_reads_it(row: Mapping[str, Any]) -> None:
    """A row that an import takes is one that the client would take, with the same values."""
    given = {name: value for name, value in row.items() if name not in _OF_BOOK}
    if given["exec_id"] is None and given["order_id"] is None:
        given["exec_id"] = "by its row"
    moving = given["side"] is not None and given["exec_qty"] is not None
    read = read_fill(**{**given, "side": given["side"] or "Buy", "exec_qty": given["exec_qty"] or "1"}).params
    for name in ("exec_price", "commission", *(("exec_qty",) if moving else ())):
        assert read[name] == (None if given[name] is None else Decimal(given[name])), name
    assert read["exec_time"] == given["exec_time"]
    assert read["symbol"] == given["symbol"]


def _as_it_is_written(content: bytes, found: list[dict[str, Any]]) -> None:
    """The numbers of a plain CSV file under our own names, read by the standard library."""
    text = content.removeprefix(b"\xef\xbb\xbf")
    header = text.split(b"\n", 1)[0].strip()
    if not header.startswith(b"symbol,side,exec_price,exec_qty,exec_time,") or b'"' in content or b"\r" in content:
        return
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError:
        return
    names = next(csv.reader(io.StringIO(lines[0].strip())))
    for row in found:
        cells = dict(zip(names, lines[row["line"] - 1].split(","), strict=True))
        for name in REQUIRED[2:4]:
            if cells[name].strip():
                assert Decimal(row[name]) == Decimal(cells[name].strip()), (name, cells[name], row[name])


@contextmanager
def _tables(_: Servers | None) -> Iterator[Check]:
    with tempfile.TemporaryDirectory(prefix="fifo_hostile_") as folder:
        path = Path(folder) / "file.toml"

        def read(content: bytes) -> None:
            path.write_bytes(content)
            path.chmod(0o600)
            for reader in (lambda: read_mapping(path), lambda: load_accounts(_serving(path), None)):
                try:
                    reader()
                except ConfigurationError as error:
                    assert "SECRET" not in str(error), error

        yield read


def _serving(path: Path) -> ServiceSettings:
    return ServiceSettings(accounts_file=path)


FILES = (
    Target("csv", "import files: lines of cells", _files),
    Target("jsonl", "import files: JSON lines", _files),
    Target("parquet", "import files: Parquet", _files),
    Target("archive", "import files: ZIP, gzip, bzip2, xz and zstd", _files),
    Target("toml", "the mapping file of an import, the accounts file of the service", _tables),
)
