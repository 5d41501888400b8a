"""Agreement with the exchange."""

from reconcile.errors import ExchangeError, ExchangeRefusedError, ExchangeUnavailableError
from reconcile.exchange import Exchange, Gap, StreamEvent

__all__ = [
    "Exchange",
    "ExchangeError",
    "ExchangeRefusedError",
    "ExchangeUnavailableError",
    "Gap",
    "StreamEvent",
]
