"""One change to one place of a file."""

import difflib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """`replacement` in place of the characters [start, end) of a file; `scope` is the function they are in."""

    file: str
    scope: str
    operator: str
    start: int
    end: int
    replacement: str

    @property
    def line(self) -> int:
        """The line that the change begins in, counted from 1."""
        return self._original().count("\n", 0, self.start) + 1

    @property
    def key(self) -> str:
        """What the change is, whatever line of the function it is in: survivors are listed under it."""
        return f"{self.operator}: {_one_line(self._original()[self.start : self.end])} -> {_one_line(self.replacement)}"

    def mutated(self) -> str:
        """The whole file with the change."""
        text = self._original()
        return text[: self.start] + self.replacement + text[self.end :]

    def diff(self) -> str:
        """The change as a unified diff without context."""
        before, after = self._original().splitlines(), self.mutated().splitlines()
        return "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=0))[2:])

    def _original(self) -> str:
        return (ROOT / self.file).read_text(encoding="utf-8")


def _one_line(text: str) -> str:
    return " ".join(text.split())
