"""Bybit V5, through pybit, which is imported when BybitExchange is asked for."""

from typing import TYPE_CHECKING, Any

from reconcile.bybit.fees import fee_currency
from reconcile.bybit.settings import BybitSettings, load_settings

if TYPE_CHECKING:
    from reconcile.bybit.exchange import BybitExchange

__all__ = ["BybitExchange", "BybitSettings", "fee_currency", "load_settings"]


def __getattr__(name: str) -> Any:
    if name != "BybitExchange":
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from reconcile.bybit.exchange import BybitExchange

    return BybitExchange
