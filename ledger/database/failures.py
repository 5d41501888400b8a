"""Which failures of PostgreSQL are worth another try, and what the others mean to a caller."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg_pool import PoolClosed, PoolTimeout

from ledger.errors import (
    AppendOnlyError,
    BotAccountError,
    ClientClosedError,
    ConflictingFillError,
    DatabaseError,
    DatabaseUnavailableError,
    EntryNotFoundError,
    InstrumentConflictError,
    InsufficientPositionError,
    InvalidInputError,
    LedgerError,
    NotAnnouncedError,
    PermissionDeniedError,
    SchemaError,
)

_RETRIED_STATES = (
    pg.SerializationFailure,
    pg.DeadlockDetected,
    pg.LockNotAvailable,
    pg.TooManyConnections,
    pg.OutOfMemory,  # of the table of locks, too, while a large batch has filled it
    pg.AdminShutdown,
    pg.CrashShutdown,
    pg.CannotConnectNow,
    pg.IdleInTransactionSessionTimeout,
    pg.ReadOnlySqlTransaction,  # a failover has not found its new primary yet
)
_FINAL_WORDS = re.compile(
    r"FATAL: .*(authentication failed|does not exist|no pg_hba.conf entry|not permitted|permission denied|no password)"
)
_FINAL_STATES = (pg.InvalidPassword, pg.InvalidAuthorizationSpecification, pg.InvalidCatalogName)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later. Repeating is safe: every write is idempotent."""
    if isinstance(error, (PoolTimeout, *_RETRIED_STATES)):
        return True
    if isinstance(error, (PoolClosed, *_FINAL_STATES)):
        return False
    # Without a state the server did not answer: refused, reset, closed in the middle; or it refused a connection,
    # for which libpq hands on no state, only words.
    return (
        isinstance(error, psycopg.OperationalError) and error.sqlstate is None and not _FINAL_WORDS.search(str(error))
    )


def _detail(error: psycopg.Error) -> dict[str, Any]:
    try:
        found = json.loads(error.diag.message_detail or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _message(error: psycopg.Error) -> str:
    # What stands in the way of a migration is named in the detail alone.
    named = isinstance(error, pg.DependentObjectsStillExist)
    said = error.diag.message_detail if named else error.diag.message_hint
    hint = f" ({said})" if said else ""
    return f"{error.diag.message_primary or type(error).__name__}{hint}"


def _insufficient(error: psycopg.Error) -> LedgerError:
    d = _detail(error)
    return InsufficientPositionError(
        symbol=d["symbol"], need=Decimal(d["need"]), have=Decimal(d["have"]), rule=d["rule"]
    )


def _invalid(error: psycopg.Error) -> LedgerError:
    d = _detail(error)
    return InvalidInputError(d["field"], d["value"], d["rule"])


def _conflict(error: psycopg.Error) -> LedgerError:
    d = _detail(error)
    return ConflictingFillError(d["exec_id"], d["fields"])


def _instrument(error: psycopg.Error) -> LedgerError:
    d = _detail(error)
    booked, given = d["booked"], d["given"]
    differing = {name: {"booked": booked[name], "given": given[name]} for name in booked if booked[name] != given[name]}
    return InstrumentConflictError(_message(error), differing)


_BY_STATE: dict[str, Callable[[psycopg.Error], LedgerError]] = {
    "FL001": _conflict,
    "FL002": _insufficient,
    "FL004": _invalid,
    "FL006": lambda e: AppendOnlyError(_message(e)),
    "FL010": lambda e: NotAnnouncedError(**_detail(e)),
    "FL007": lambda e: BotAccountError(_message(e)),
    "FL008": _instrument,
    "FL011": lambda e: EntryNotFoundError(_message(e)),
    "42501": lambda e: PermissionDeniedError(_message(e)),
}
_NO_SCHEMA = (pg.UndefinedTable, pg.UndefinedFunction, pg.InvalidSchemaName, pg.UndefinedColumn)


def translate(error: BaseException) -> LedgerError:
    """The ledger's error for one of the driver's. Connection strings are never repeated."""
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, PoolClosed):
        return ClientClosedError("the client is closed")
    if isinstance(error, psycopg.Error):
        if error.sqlstate in _BY_STATE:
            return _BY_STATE[error.sqlstate](error)
        if isinstance(error, _NO_SCHEMA):
            return SchemaError(f"{_message(error)}: run `fifoledger migrate` on this database")
        if is_transient(error) or isinstance(error, pg.QueryCanceled | psycopg.OperationalError):
            return DatabaseUnavailableError(_unanswered(error))
        return DatabaseError(f"{error.sqlstate}: {_message(error)}")
    raise error


def _unanswered(error: psycopg.Error) -> str:
    if error.diag.message_primary:
        return f"PostgreSQL: {_message(error)}"
    # libpq's own messages name host and user, never a password; the first line is enough.
    return f"PostgreSQL did not answer: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
