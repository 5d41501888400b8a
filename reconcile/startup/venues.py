"""Whatever a bot has as its exchange client, as an Exchange."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger.errors import InvalidInputError
from reconcile.bybit import BybitExchange, load_settings
from reconcile.exchange import Exchange


@asynccontextmanager
async def as_exchange(given: object) -> AsyncIterator[Exchange]:
    """An Exchange as it is; for a session of pybit one with its key at its address, closed at the end.

    What the session does not say, such as the categories, comes from the BYBIT_… settings. Raises InvalidInputError
    for anything else, ConfigurationError for a session without a key.
    """
    if isinstance(given, HTTP):
        environment = "demo" if given.demo else "testnet" if given.testnet else "mainnet"
        made = BybitExchange(
            load_settings(
                api_key=given.api_key,
                api_secret=given.api_secret,
                endpoint=given.endpoint,
                environment=environment,
            )
        )
        try:
            yield made
        finally:
            await made.close()
    elif isinstance(given, Exchange):
        yield given
    else:
        raise InvalidInputError("exchange_client", type(given).__name__, "an Exchange or a pybit HTTP session")
