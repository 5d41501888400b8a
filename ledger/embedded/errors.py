from typing import ClassVar

from ledger.errors import LedgerError


class EmbeddedUnavailableError(LedgerError):
    """The programs of the embedded servers are not installed, or do not run on this machine."""

    code: ClassVar[str] = "embedded_unavailable"


class EmbeddedVersionError(LedgerError):
    """The data directory was made by another major version of PostgreSQL than the installed one."""

    code: ClassVar[str] = "embedded_version"


class EmbeddedStartError(LedgerError):
    """An embedded server could not be prepared, started or stopped; the message says why."""

    code: ClassVar[str] = "embedded_start_failed"
