"""What was killed and what survived, as text and as JSON."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.mutation.survivors import Survivors
from tests.mutation.verdict import INVALID, KILLED, SURVIVED, TIMED_OUT, Verdict

_EQUIVALENT = "equivalent"


@dataclass
class Report:
    """The verdicts of a run, beside the list of equivalent mutants."""

    survivors: Survivors
    seed: int
    verdicts: list[Verdict] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def add(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)

    @property
    def unexplained(self) -> list[Verdict]:
        """Survivors that are not listed as equivalent."""
        return [verdict for verdict in self.verdicts if self._outcome(verdict) == SURVIVED]

    @property
    def exit_code(self) -> int:
        return 1 if self.unexplained or self.survivors.wrong(self.verdicts) else 0

    def show_last(self, console: Console, total: int) -> None:
        """One line for each mutant; what a survivor changes."""
        verdict = self.verdicts[-1]
        mutant, outcome = verdict.mutant, self._outcome(verdict)
        console.print(
            f"{len(self.verdicts)}/{total} {outcome:9} {verdict.seconds:5.1f} s {mutant.file}:{mutant.line}"
            f" {mutant.scope}: {mutant.key[:160]}"
        )
        if outcome == SURVIVED:
            console.print(mutant.diff())

    def show(self, console: Console) -> None:
        """Totals by file, and what is wrong with the list of equivalent mutants."""
        table = Table("file", KILLED, TIMED_OUT, SURVIVED, _EQUIVALENT, INVALID, "killed of those that count")
        files = sorted({verdict.mutant.file for verdict in self.verdicts})
        for name in [*files, "all"]:
            counts = self._counts([verdict for verdict in self.verdicts if name in {verdict.mutant.file, "all"}])
            shown = (counts[outcome] for outcome in (KILLED, TIMED_OUT, SURVIVED, _EQUIVALENT, INVALID))
            table.add_row(name, *(str(count) for count in shown), _percent(counts))
        console.print(table)
        for verdict in self.survivors.wrong(self.verdicts):
            console.print(f"listed as equivalent, but {verdict.test}: {verdict.mutant.file} {verdict.mutant.key}")
        for key in self.survivors.gone([verdict.mutant for verdict in self.verdicts]):
            console.print(f"listed as equivalent, but not among these mutants: {', '.join(key)}")
        console.print(f"{len(self.verdicts)} mutants, seed {self.seed}, {time.monotonic() - self.began:.0f} s")

    def write(self, path: Path) -> None:
        """Every verdict, and the totals."""
        rows = [
            {
                "file": verdict.mutant.file,
                "line": verdict.mutant.line,
                "function": verdict.mutant.scope,
                "change": verdict.mutant.key,
                "diff": verdict.mutant.diff(),
                "outcome": self._outcome(verdict),
                "reason": self.survivors.reason(verdict.mutant) if verdict.outcome == SURVIVED else None,
                "test": verdict.test,
                "words": verdict.words,
                "seconds": round(verdict.seconds, 3),
            }
            for verdict in self.verdicts
        ]
        totals = dict(self._counts(self.verdicts))
        text = json.dumps({"seed": self.seed, "totals": totals, "mutants": rows}, indent=1, ensure_ascii=False)
        path.write_text(text, encoding="utf-8")

    def _counts(self, verdicts: list[Verdict]) -> Counter[str]:
        return Counter(self._outcome(verdict) for verdict in verdicts)

    def _outcome(self, verdict: Verdict) -> str:
        is_known = verdict.outcome == SURVIVED and self.survivors.reason(verdict.mutant) is not None
        return _EQUIVALENT if is_known else verdict.outcome


def survivors_in(path: Path) -> list[dict[str, Any]]:
    """The rows of those that survived in a run, of the JSON that it wrote."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["mutants"]
    return [row for row in rows if row["outcome"] == SURVIVED]


def _percent(counts: Counter[str]) -> str:
    killed = counts[KILLED] + counts[TIMED_OUT]
    counted = killed + counts[SURVIVED]
    return f"{killed / counted:.1%}" if counted else "-"
