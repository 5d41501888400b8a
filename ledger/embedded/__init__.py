"""PostgreSQL and Valkey from PyPI wheels, for machines that have no server."""

from ledger.embedded.api import scoped, start, status, stop
from ledger.embedded.errors import EmbeddedStartError, EmbeddedUnavailableError, EmbeddedVersionError
from ledger.embedded.model import Servers, ServerStatus

__all__ = [
    "EmbeddedStartError",
    "EmbeddedUnavailableError",
    "EmbeddedVersionError",
    "ServerStatus",
    "Servers",
    "scoped",
    "start",
    "status",
    "stop",
]
