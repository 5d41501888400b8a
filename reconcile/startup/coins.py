"""Instruments that the ledger does not know yet, registered before anything is booked with them."""

from collections.abc import Iterable, Mapping

from ledger import AsyncLedgerClient
from ledger.errors import InstrumentConflictError
from reconcile.exchange import Exchange
from reconcile.startup.report import Finding
from reconcile.startup.store import Store
from reconcile.values import Instrument


class Coins:
    """The account's instruments, by category and symbol. `findings` gets what contradicts what is booked."""

    def __init__(self, exchange: Exchange, store: Store, client: AsyncLedgerClient, findings: list[Finding]) -> None:
        self._exchange = exchange
        self._store = store
        self._client = client
        self._findings = findings
        self._known: Mapping[tuple[str, str], Instrument] | None = None
        self._unlisted: set[tuple[str, str]] = set()

    async def learn(self, category: str, symbols: Iterable[str]) -> Mapping[tuple[str, str], Instrument]:
        """Registers those of the symbols that are new and that the venue lists; answers all that are known.

        What is not listed any more gets its coins from its symbol, as the ledger reads it. What fills are booked with
        already stays as it is, and becomes a finding where the venue says otherwise. Raises ExchangeError.
        """
        known = dict(self._known if self._known is not None else await self._store.instruments())
        wanted = {(category, symbol) for symbol in symbols} - known.keys() - self._unlisted
        found = await self._exchange.instruments(category, sorted(symbol for _, symbol in wanted)) if wanted else ()
        for one in found:
            try:
                await register(self._client, one)
            except InstrumentConflictError as conflict:
                self._findings.append(_contradiction(one, conflict))
            known[category, one.symbol] = one
        self._unlisted |= wanted - known.keys()
        self._known = known
        return known


def _contradiction(one: Instrument, conflict: InstrumentConflictError) -> Finding:
    return Finding(
        kind="instrument_conflict",
        rule="its fills were booked before the venue's description was known, and what they earned stays as it is",
        category=one.category,
        symbol=one.symbol,
        ledger={name: values["booked"] for name, values in conflict.fields.items()},
        venue={name: values["given"] for name, values in conflict.fields.items()},
    )


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
