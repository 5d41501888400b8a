"""What can go wrong with a venue."""

from datetime import datetime
from typing import TYPE_CHECKING

from ledger.errors import LedgerError

if TYPE_CHECKING:
    from reconcile.startup.report import ReconciliationReport


class ExchangeError(LedgerError):
    """The venue did not give a complete answer."""

    code = "exchange_error"


class ExchangeUnavailableError(ExchangeError):
    """The venue did not answer, or not in time, or not in its own language, however often it was asked.

    Attributes:
        endpoint: what was asked.
        since, until: the range that stayed uncovered; None for what has no range.
    """

    code = "exchange_unavailable"

    def __init__(
        self, endpoint: str, problem: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> None:
        self.endpoint = endpoint
        self.since = since
        self.until = until
        span = f"; not covered: {since:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S} UTC" if since and until else ""
        super().__init__(f"{endpoint}: {problem}{span}")


class ExchangeRefusedError(ExchangeError):
    """The venue refused the request: wrong key, missing permission, invalid parameter.

    Attributes:
        endpoint: what was asked.
        venue_code: the venue's own code, e.g. 10003.
    """

    code = "exchange_refused"

    def __init__(self, endpoint: str, venue_code: int | None, problem: str) -> None:
        self.endpoint = endpoint
        self.venue_code = venue_code
        super().__init__(f"{endpoint}: refused ({venue_code}): {problem}")


class NotOfferedError(ExchangeRefusedError):
    """The venue does not have what was asked for, or not for this key; asking again will not change that."""

    code = "exchange_not_offered"


class WrongAccountError(LedgerError):
    """The key is of another account of the venue than the books are: nothing was booked with it.

    Attributes:
        account: the account's name in the ledger.
        kept: the venue's id of the account whose books these are; None: no key was used yet.
        given: the venue's id of the key's account.
        other: the name of the account whose books those of the key's account are already, if there is one.
    """

    code = "wrong_account"

    def __init__(self, account: str, kept: str | None, given: str, other: str | None = None) -> None:
        self.account = account
        self.kept = kept
        self.given = given
        self.other = other
        if other is not None:
            text = (
                f"accounts {account} and {other} are both the venue's account {given}, and all would be booked twice: "
                f"use {other} alone"
            )
        else:
            text = (
                f"account {account} is the venue's account {kept}, but the key is of account {given}: use a key of "
                f"{kept}, or another account (LEDGER_ACCOUNT); for a local Bybit that was started anew, a new ledger"
            )
        super().__init__(text)


class UnexplainedDifferenceError(LedgerError):
    """Ledger and exchange differ and no execution explains it; raised where the caller asked for that.

    Attributes:
        report: the whole reconciliation.
    """

    code = "unexplained_difference"

    def __init__(self, report: "ReconciliationReport") -> None:
        self.report = report
        lines = "; ".join(
            f"{f.kind} {f.category} {f.symbol} ({f.position_idx}): ledger {dict(f.ledger)}, exchange {dict(f.venue)}"
            for f in report.problems
        )
        super().__init__(f"account {report.account}: {lines}")
