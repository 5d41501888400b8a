"""Instruments that the ledger does not know yet, registered before anything is booked with them."""

from collections.abc import Iterable, Mapping

from ledger import AsyncLedgerClient
from reconcile.exchange import Exchange
from reconcile.startup.store import Store
from reconcile.values import Instrument


class Coins:
    """The account's instruments, by category and symbol."""

    def __init__(self, exchange: Exchange, store: Store, client: AsyncLedgerClient) -> None:
        self._exchange = exchange
        self._store = store
        self._client = client
        self._known: Mapping[tuple[str, str], Instrument] | None = None
        self._unlisted: set[tuple[str, str]] = set()

    async def learn(self, category: str, symbols: Iterable[str]) -> Mapping[tuple[str, str], Instrument]:
        """Registers those of the symbols that are new and that the venue lists; answers all that are known.

        What is not listed any more gets its coins from its symbol, as the ledger reads it. Raises ExchangeError.
        """
        known = dict(self._known if self._known is not None else await self._store.instruments())
        wanted = {(category, symbol) for symbol in symbols} - known.keys() - self._unlisted
        found = await self._exchange.instruments(category, sorted(symbol for _, symbol in wanted)) if wanted else ()
        for one in found:
            await register(self._client, one)
            known[category, one.symbol] = one
        self._unlisted |= wanted - known.keys()
        self._known = known
        return known


async def register(client: AsyncLedgerClient, one: Instrument) -> None:
    """States to the ledger what the venue says of an instrument. Raises LedgerError."""
    await client.register_instrument(
        one.symbol,
        category=one.category,
        multiplier=one.multiplier,
        base_coin=one.base_coin,
        quote_coin=one.quote_coin,
        settle_coin=one.settle_coin,
        qty_step=one.qty_step or None,
        tick_size=one.tick_size or None,
        contract_type=one.contract_type,
        status=one.status,
    )
