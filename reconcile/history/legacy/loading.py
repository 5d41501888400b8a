"""Keeps an earlier system's trades beside the ledger's."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from ledger.database import Database, Query
from ledger.money import read_text
from reconcile.history.legacy.checking import Trade, TradeCheck, TradeReading
from reconcile.history.legacy.columns import RAW
from reconcile.history.rows import Reject, Source

_PORTION = 2000  # rows in one transaction
_LISTED = 1000  # conflicts and rejects that the report names
_STRICT = "rows were refused, and strict was asked for: nothing was written"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row that was imported before with another content. What is stored stays.

    `fields` maps each field that differs to what is stored and what was given.
    """

    legacy_id: str
    fields: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class LegacyImport:
    """What an import did: `read` = `written` + `unchanged` + `conflicting` + `rejected`.

    With `dry_run`, or if it was `stopped`, nothing was written: `written` counts the rows that are sound.
    """

    source: str
    dry_run: bool
    read: int
    written: int
    unchanged: int
    conflicting: int
    rejected: int
    conflicts: tuple[Conflict, ...]
    rejects: tuple[Reject, ...]
    stopped: str | None = None


def import_trades(
    database: Database,
    account_id: int,
    source_name: str,
    source: Source,
    reading: TradeReading,
    *,
    dry_run: bool = False,
    strict: bool = False,
    on_reject: Callable[[Reject], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> LegacyImport:
    """Reads a source whose columns are those of `legacy.columns`, checks each row, and writes those that are sound.

    Interrupted or repeated it ends in the same state: what is there already is not written again.

    Args:
        database: where the ledger is.
        account_id: whose trades they are.
        source_name: the name by which the earlier system is known from now on.
        source: the rows.
        reading: how cells are read where they do not say it themselves.
        dry_run: check only.
        strict: write nothing if any row is refused.
        on_reject: is told each row that is refused, beside the first thousand that the answer lists.
        progress: is told how much of the source has been read.

    Raises:
        InvalidInputError: the name is none.
        PermissionDeniedError: the login may not act for a bot that a row names.
    """
    name = read_text("source", source_name)
    checks = TradeCheck(reading)
    with _held(dry_run=dry_run, strict=strict) as held:
        made = _Made(database, account_id, name, held, on_reject)
        for batch in source.batches():
            for reject in batch.rejected:
                made.refuse(reject)
            for found in checks.check(batch):
                if isinstance(found, Reject):
                    made.refuse(found)
                else:
                    made.keep(found)
            if progress is not None:
                progress(batch.done)
        made.flush()
        if strict and not dry_run:
            made.write_held()
    return made.report(dry_run=dry_run)


def _held(*, dry_run: bool, strict: bool) -> AbstractContextManager[IO[str] | None]:
    """Where sound rows wait until all have been read; None: they do not wait. Those of a dry run wait for nothing."""
    if dry_run:
        return Path(os.devnull).open("w", encoding="utf-8")
    return TemporaryFile("w+", encoding="utf-8") if strict else nullcontext()


class _Made:
    """What was read so far; sound rows wait until there are enough for a transaction."""

    def __init__(
        self,
        database: Database,
        account_id: int,
        source: str,
        held: IO[str] | None,
        on_reject: Callable[[Reject], None] | None,
    ) -> None:
        self._database, self._account_id, self._source = database, account_id, source
        self._held, self._on_reject = held, on_reject
        self._stopped: str | None = None
        self._waiting: list[Trade] = []
        self._counts = dict.fromkeys(("read", "written", "unchanged", "conflicting", "rejected"), 0)
        self._conflicts: list[Conflict] = []
        self._rejects: list[Reject] = []

    def refuse(self, reject: Reject) -> None:
        self._counts["read"] += 1
        self._counts["rejected"] += 1
        if len(self._rejects) < _LISTED:
            self._rejects.append(reject)
        if self._on_reject is not None:
            self._on_reject(reject)

    def keep(self, trade: Trade) -> None:
        self._counts["read"] += 1
        self._waiting.append(trade)
        if len(self._waiting) >= _PORTION:
            self.flush()

    def flush(self) -> None:
        rows, self._waiting = self._waiting, []
        if self._held is not None:
            self._counts["written"] += len(rows)
            self._held.write(json.dumps(_json(rows)) + "\n")
        elif rows:
            self._write(_json(rows))

    def write_held(self) -> None:
        """Writes all that waited, unless a row was refused."""
        if self._counts["rejected"]:
            self._stopped = _STRICT
        elif self._held is not None:
            self._counts["written"] = 0
            self._held.seek(0)
            for portion in self._held:
                self._write(json.loads(portion))

    def _write(self, trades: str) -> None:
        params = {"account_id": self._account_id, "source": self._source, "trades": trades}
        [answer] = self._database.query(Query("import_legacy_trades", params))
        self._counts["written"] += answer["written"]
        self._counts["unchanged"] += answer["unchanged"]
        self._counts["conflicting"] += len(answer["conflicts"])
        room = _LISTED - len(self._conflicts)
        self._conflicts += [Conflict(**one) for one in answer["conflicts"][:room]]

    def report(self, *, dry_run: bool) -> LegacyImport:
        return LegacyImport(
            source=self._source,
            dry_run=dry_run,
            stopped=self._stopped,
            conflicts=tuple(self._conflicts),
            rejects=tuple(self._rejects),
            **self._counts,
        )


def _json(rows: Sequence[Trade]) -> str:
    """`raw` is JSON already, and stays as it is."""
    parts = []
    for row in rows:
        own = json.dumps({name: value for name, value in row.items() if name != RAW}, ensure_ascii=False)
        parts.append(f'{own[:-1]}, "{RAW}": {row[RAW]}}}')
    return f"[{','.join(parts)}]"
