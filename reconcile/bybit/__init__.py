"""Bybit V5, through pybit."""

from reconcile.bybit.exchange import BybitExchange
from reconcile.bybit.fees import fee_currency
from reconcile.bybit.settings import BybitSettings, load_settings

__all__ = ["BybitExchange", "BybitSettings", "fee_currency", "load_settings"]
