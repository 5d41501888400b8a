"""Every error that the ledger raises on purpose.

Each says what was needed, what was there and which rule applies; each has a stable `code` for machines.
When one of these comes out of a write, nothing of that write is in the database.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar


class LedgerError(Exception):
    """Base of every error that this library raises on purpose; `code` names its kind for machines."""

    code: ClassVar[str] = "ledger_error"


class InvalidInputError(LedgerError, ValueError):
    """An argument breaks a rule; `field`, `value` and `rule` say which."""

    code = "invalid_input"

    def __init__(self, field: str, value: object, rule: str) -> None:
        self.field = field
        self.value = value
        self.rule = rule
        super().__init__(f"{field} = {_shown(value)}: must be {rule}")


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 200 else f"{text[:200]}…"


class ConflictingFillError(LedgerError):
    """An execution id is in the ledger already, with another payload.

    `fields` maps each field that differs to what is stored and what was given.
    """

    code = "conflicting_fill"

    def __init__(self, exec_id: str, fields: Mapping[str, Mapping[str, Any]]) -> None:
        self.exec_id = exec_id
        self.fields = dict(fields)
        listing = "; ".join(f"{name}: stored {v['stored']}, given {v['given']}" for name, v in fields.items())
        super().__init__(f"execution {exec_id} is in the ledger with another payload: {listing}")


class InsufficientPositionError(LedgerError):
    """More was to be closed than is open. `need` and `have` are quantities in the book's unit."""

    code = "insufficient_position"

    def __init__(self, *, symbol: str, need: Decimal, have: Decimal, rule: str) -> None:
        self.symbol = symbol
        self.need = need
        self.have = have
        self.rule = rule
        super().__init__(f"{symbol}: need {need}, have {have}: {rule}")


class BotAccountError(LedgerError):
    """A bot belongs to one account and was used with another."""

    code = "bot_account"


class InstrumentConflictError(LedgerError):
    """An instrument was described otherwise than the books of it were computed with.

    `fields` maps each field that differs to what is booked and what was given.
    """

    code = "instrument_conflict"

    def __init__(self, problem: str, fields: Mapping[str, Mapping[str, str]]) -> None:
        self.fields = dict(fields)
        listing = "; ".join(f"{name}: booked {v['booked']}, given {v['given']}" for name, v in fields.items())
        super().__init__(f"{problem}: {listing}")


class PermissionDeniedError(LedgerError):
    """The database login may not do this."""

    code = "permission_denied"


class AppendOnlyError(LedgerError):
    """The journal refused to be changed."""

    code = "append_only"


class SchemaError(LedgerError):
    """The database has no ledger schema, or one of another version. `fifoledger migrate` brings it up to date."""

    code = "schema"


class DatabaseUnavailableError(LedgerError):
    """PostgreSQL did not answer within the time allowed, all retries included."""

    code = "database_unavailable"


class DatabaseError(LedgerError):
    """PostgreSQL refused for a reason that no other error names; the cause is chained."""

    code = "database"


class ConfigurationError(LedgerError):
    """A setting is missing or contradicts another."""

    code = "configuration"


class ClientClosedError(LedgerError):
    """The client was used after close()."""

    code = "client_closed"


class NotAnnouncedError(LedgerError):
    """A write would change a position that the cache was not told of. The clients handle it themselves.

    Attributes:
        line: the position's bot, category, symbol and position_idx.
    """

    code = "not_announced"

    def __init__(self, bot_id: str, category: str, symbol: str, position_idx: int) -> None:
        self.line = (bot_id, category, symbol, position_idx)
        super().__init__(
            f"the position of bot {bot_id} in {category} {symbol} ({position_idx}) would change, "
            "and the cache was not told"
        )


class EntryNotFoundError(LedgerError):
    """A fill opened no lot, or would open none: it closes something."""

    code = "entry_not_found"
