"""How a command ends: the exit codes, and which error leads to which."""

from enum import IntEnum

from ledger.embedded import EmbeddedStartError, EmbeddedUnavailableError, EmbeddedVersionError
from ledger.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    InvalidInputError,
    LedgerError,
    SchemaError,
)


class ExitCode(IntEnum):
    """What scripts may rely on."""

    OK = 0
    DIFFERENCES = 1
    USAGE = 2
    CONFIGURATION = 3
    UNAVAILABLE = 4
    REFUSED = 5
    NOBODY_READS = 141  # as a shell tells of a program that SIGPIPE has ended


EXPLANATION = (
    "Exit codes: 0 all is well; 1 verify found differences, reconcile what a person must decide, the demo a wrong "
    "number; 2 wrong usage; 3 configuration (settings, schema, missing extra); 4 the database or the exchange does not "
    "run or does not answer, or the disk is full; 5 refused by the database; 141 nobody reads the output any more."
)

_CODES: tuple[tuple[type[LedgerError], ExitCode], ...] = (
    (InvalidInputError, ExitCode.USAGE),
    (ConfigurationError, ExitCode.CONFIGURATION),
    (SchemaError, ExitCode.CONFIGURATION),
    (EmbeddedUnavailableError, ExitCode.CONFIGURATION),
    (EmbeddedVersionError, ExitCode.CONFIGURATION),
    (EmbeddedStartError, ExitCode.UNAVAILABLE),
    (DatabaseUnavailableError, ExitCode.UNAVAILABLE),
)


def exit_code(error: LedgerError) -> ExitCode:
    """The exit code for an error of the ledger."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.REFUSED)
