"""Talking to PostgreSQL: steps of work, the drivers that carry them out, retries, errors."""

from ledger.database.awaiting import AsyncDatabase
from ledger.database.blocking import Database
from ledger.database.steps import Batch, Outcome, Query, Rows

__all__ = ["AsyncDatabase", "Batch", "Database", "Outcome", "Query", "Rows"]
