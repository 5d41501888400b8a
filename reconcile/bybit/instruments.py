"""What is traded, and in which coins linear contracts settle."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconcile.bybit.calls import Caller
from reconcile.bybit.endpoints import INSTRUMENTS
from reconcile.bybit.pages import all_rows
from reconcile.bybit.payloads import read_instrument
from reconcile.bybit.settings import BybitSettings
from reconcile.errors import ExchangeRefusedError
from reconcile.logs import get_logger
from reconcile.values import Instrument, Unreadable

NO_SUCH_SYMBOL = 10001  # "params error": also what a symbol gets that is not listed

log = get_logger(__name__)


class Instruments:
    """Asks for instruments, and remembers the settle coins of the last complete answer."""

    def __init__(self, caller: Caller, settings: BybitSettings) -> None:
        self._caller = caller
        self._settings = settings
        self._settle_coins: tuple[str, ...] = settings.settle_coins

    async def of(self, category: str, symbols: Sequence[str] = ()) -> Sequence[Instrument]:
        """All instruments of a category, or those named that the venue lists. Raises ExchangeError.

        A row that cannot be read is left out, with a warning: whoever needs that symbol misses it by name.
        """
        filters: list[dict[str, str]] = [{"symbol": symbol} for symbol in dict.fromkeys(symbols)]
        if not symbols:
            coins = self._settings.option_coins
            filters = [{"baseCoin": coin} for coin in coins] if category == "option" else [{}]
        found: dict[str, Instrument] = {}
        for chosen in filters:
            for row in await self._rows(category, chosen):
                value = read_instrument(row, category, INSTRUMENTS.path)
                if isinstance(value, Unreadable):
                    log.warning("unreadable instrument", category=category, symbol=value.symbol, reason=value.reason)
                else:
                    found[value.symbol] = value
        if category == "linear" and not symbols and not self._settings.settle_coins:
            self._settle_coins = tuple(sorted({one.settle_coin for one in found.values()}))
        return tuple(found.values())

    async def _rows(self, category: str, chosen: Mapping[str, str]) -> list[Any]:
        try:
            rows, _ = await all_rows(self._caller, INSTRUMENTS, {"category": category, **chosen})
        except ExchangeRefusedError as refusal:
            if "symbol" in chosen and refusal.venue_code == NO_SUCH_SYMBOL:
                return []
            raise
        return rows

    async def settle_coins(self) -> Sequence[str]:
        """The settle coins of linear contracts: those of the settings, else those that the venue lists."""
        if not self._settle_coins:
            await self.of("linear")
        return self._settle_coins

    async def filters(self, category: str) -> Sequence[dict[str, str]]:
        """What to ask by, one after the other, where Bybit does not answer for a whole category at once."""
        if category == "linear":
            return [{"settleCoin": coin} for coin in await self.settle_coins()]
        return [{}]
