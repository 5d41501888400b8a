"""What became of a mutant."""

from dataclasses import dataclass

from tests.mutation.mutant import Mutant

KILLED, TIMED_OUT, SURVIVED, INVALID = "killed", "timed out", "survived", "does not compile"


@dataclass(frozen=True)
class Verdict:
    """`outcome` is one of the above; `test` failed, with `words`; it took `seconds` to find out."""

    mutant: Mutant
    outcome: str
    test: str = ""
    words: str = ""
    seconds: float = 0.0
