"""What is wrong with a whole source, as against one row of it."""

from ledger.errors import LedgerError


class UnreadableSourceError(LedgerError):
    """A source cannot be read, or not to its end. What was read before is right; what comes after is not known.

    Attributes:
        origin: the file or table, without secrets.
        line: where it stands in `origin`, from 1; None where it is about the whole.
        reason: what was needed and what was there.
    """

    code = "unreadable_source"

    def __init__(self, origin: str, line: int | None, reason: str) -> None:
        self.origin = origin
        self.line = line
        self.reason = reason
        place = origin if line is None else f"{origin}, line {line}"
        super().__init__(f"{place}: {reason}")
