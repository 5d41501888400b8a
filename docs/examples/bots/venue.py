"""What all bots here share: a pybit session, taken from the environment, and the last price."""

import os
from decimal import Decimal

from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

PAUSE = 0.3  # seconds between two looks at the market


def connect() -> HTTP:
    session = HTTP(api_key=os.environ["BYBIT_API_KEY"], api_secret=os.environ["BYBIT_API_SECRET"])
    session.endpoint = os.environ["BYBIT_ENDPOINT"]  # the local Bybit; without this line it is the real one
    return session


def last_price(session: HTTP, symbol: str) -> Decimal:
    ticker = session.get_tickers(category="linear", symbol=symbol)["result"]["list"][0]
    return Decimal(ticker["lastPrice"])
