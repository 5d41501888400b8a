"""What a border is to the fuzzer: how input comes to it, and what must hold whatever comes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ledger.errors import LedgerError
from tests.servers import Servers

CORPUS = Path(__file__).parent / "corpus"
Check = Callable[[Any], None]


@dataclass(frozen=True)
class Target:
    """A border of the product.

    Attributes:
        name: what the command line calls it.
        about: what comes over it.
        opened: opens what the check needs; gives the check, which raises where something must not be so.
        values: what a check takes; None: bytes, made of the files in `corpus/<name>`.
        serves: whether `opened` needs PostgreSQL and Redis.
    """

    name: str
    about: str
    opened: Callable[[Servers | None], AbstractContextManager[Check]]
    values: st.SearchStrategy[Any] | None = None
    serves: bool = False

    @property
    def corpus(self) -> list[Path]:
        """Inputs that are tried every time: well-formed ones to damage, and all that once showed a defect."""
        return sorted(path for path in (CORPUS / self.name).glob("*") if path.is_file())

    @property
    def strategy(self) -> st.SearchStrategy[Any]:
        """What Hypothesis tries."""
        if self.values is not None:
            return self.values
        return st.sampled_from([path.read_bytes() for path in self.corpus]).flatmap(damaged)


def alone(check: Check) -> Callable[[Servers | None], AbstractContextManager[Check]]:
    """For a check that needs nothing opened."""

    @contextmanager
    def opened(_: Servers | None) -> Iterator[Check]:
        yield check

    return opened


def is_documented(error: LedgerError) -> bool:
    """Whether machines and people can tell what it is: a code of its own kind, and words in one piece."""
    return error.code != LedgerError.code and bool(str(error).strip())


_PIECES = [
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b",", b";", b"{", b"}", b"[", b"]", b":", b"NaN", b"1e400",
    b"-0",
    b"9" * 40, b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x1b[2J", b"null", b"true", b" ", b"0", b"1", b"-",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with some places cut out, written over, put in or doubled."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(changed)))
        end = min(len(changed), start + draw(st.sampled_from([0, 0, 1, 2, 8, 64])))
        kind = draw(st.sampled_from(["piece", "bytes", "twice", "cut"]))
        if kind == "piece":
            changed[start:end] = draw(st.sampled_from(_PIECES))
        elif kind == "bytes":
            changed[start:end] = draw(st.binary(min_size=1, max_size=4))
        elif kind == "twice":
            changed[start:start] = changed[start:end]
        else:
            del changed[start : end if draw(st.booleans()) else None]
    return bytes(changed)
