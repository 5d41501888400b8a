"""Mutants that no test can kill, each with the reason: they do what the original does."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutant import Mutant
from tests.mutation.verdict import SURVIVED, Verdict


@dataclass(frozen=True)
class Survivors:
    """Reasons, by file, function and change."""

    reasons: dict[tuple[str, str, str], str]

    @classmethod
    def load(cls, path: Path) -> "Survivors":
        """Read the list: a table for each, with file, scope, change and reason.

        Raises:
            ValueError: one has no reason, or is there twice.
        """
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
        reasons = {(row["file"], row["scope"], change): row["reason"] for row in rows for change in row["changes"]}
        if not all(reasons.values()) or len(reasons) < sum(len(row["changes"]) for row in rows):
            raise ValueError(f"{path}: each mutant must be listed once, and with a reason")
        return cls(reasons)

    def reason(self, mutant: Mutant) -> str | None:
        """Why this one is equivalent; None: it is not listed."""
        return self.reasons.get(_key(mutant))

    def wrong(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Those listed as equivalent that a test has told from the original.

        A change that is made at several places of a function counts as equivalent if one of them is.
        """
        survived = {_key(verdict.mutant) for verdict in verdicts if verdict.outcome == SURVIVED}
        return [
            verdict
            for verdict in verdicts
            if _key(verdict.mutant) in self.reasons and _key(verdict.mutant) not in survived
        ]

    def gone(self, mutants: list[Mutant]) -> list[tuple[str, str, str]]:
        """Those listed that are no mutants any more, among files whose mutants these are."""
        known, files = {_key(mutant) for mutant in mutants}, {mutant.file for mutant in mutants}
        return [key for key in self.reasons if key[0] in files and key not in known]


def _key(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.file, mutant.scope, mutant.key
