"""fifoledger: one ledger for every bot on an account."""

import logging

from ledger.client import AsyncLedgerClient, LedgerClient
from ledger.errors import (
    AppendOnlyError,
    BotAccountError,
    ClientClosedError,
    ConfigurationError,
    ConflictingFillError,
    DatabaseError,
    DatabaseUnavailableError,
    EntryNotFoundError,
    InstrumentConflictError,
    InsufficientPositionError,
    InvalidInputError,
    LedgerError,
    PermissionDeniedError,
    SchemaError,
)
from ledger.order_ids import ClientOrderId, create_client_order_id, parse_client_order_id
from ledger.values import (
    CoinPnl,
    CompletedTrade,
    FillResult,
    PnlSummary,
    Position,
    PositionEntry,
    QuarantineDecision,
)

# What is logged goes where the program sends it, and without that nowhere.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "AppendOnlyError",
    "AsyncLedgerClient",
    "BotAccountError",
    "ClientClosedError",
    "ClientOrderId",
    "CoinPnl",
    "CompletedTrade",
    "ConfigurationError",
    "ConflictingFillError",
    "DatabaseError",
    "DatabaseUnavailableError",
    "EntryNotFoundError",
    "FillResult",
    "InstrumentConflictError",
    "InsufficientPositionError",
    "InvalidInputError",
    "LedgerClient",
    "LedgerError",
    "PermissionDeniedError",
    "PnlSummary",
    "Position",
    "PositionEntry",
    "QuarantineDecision",
    "SchemaError",
    "create_client_order_id",
    "parse_client_order_id",
]
