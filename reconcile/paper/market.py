"""Prices and the depth behind them: moved by a script or by a seeded random walk."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from reconcile.paper.instruments import CATEGORIES, DEFAULT_PRICES, Instrument, default_instruments
from reconcile.paper.refusal import parameter_error

Line = tuple[str, str]


@dataclass(frozen=True)
class Depth:
    """How much trades at a price: qty at each of `levels` levels, one tick apart. No qty: without limit."""

    qty: Decimal | None = None
    levels: int = 1


@dataclass(frozen=True)
class Walk:
    """A random walk: each step_ms the price changes by up to `percent` per cent."""

    step_ms: int
    percent: Decimal


class Market:
    """Instruments and their last prices; mark and index price equal the last price."""

    def __init__(self, instruments: list[Instrument] | None = None) -> None:
        listed = default_instruments() if instruments is None else instruments
        self.instruments: dict[Line, Instrument] = {(one.category, one.symbol): one for one in listed}
        self.prices: dict[Line, Decimal] = {
            line: DEFAULT_PRICES.get(one.base, Decimal(100)) for line, one in self.instruments.items()
        }
        self.depths: dict[Line, Depth] = {}
        self.walks: dict[Line, Walk] = {}

    def instrument(self, category: str, symbol: str) -> Instrument:
        """The instrument; refuses (10001) what is not listed."""
        require_category(category)
        found = self.instruments.get((category, symbol))
        if found is None:
            raise parameter_error(f"symbol invalid {symbol}")
        return found

    def lines(self, symbol: str, category: str | None = None) -> list[Line]:
        """The (category, symbol) pairs that carry a symbol; BTCUSDT is both linear and spot."""
        found = [line for line in self.instruments if line[1] == symbol and category in {None, line[0]}]
        if not found:
            raise ValueError(f"no instrument {symbol}")
        return found

    def levels(self, line: Line, side: str) -> Iterator[tuple[Decimal, Decimal | None]]:
        """Price and quantity that a taker on this side meets, best first."""
        depth = self.depths.get(line, Depth())
        tick = self.instruments[line].tick if side == "Buy" else -self.instruments[line].tick
        for level in range(depth.levels):
            yield self.prices[line] + level * tick, depth.qty

    def offered(self, line: Line) -> Decimal | None:
        """What one price move fills of the orders that rest there; None: everything."""
        depth = self.depths.get(line, Depth())
        return None if depth.qty is None else depth.qty * depth.levels

    def stepped(self, line: Line, walk: Walk, rng: random.Random) -> Decimal:
        """The next price of a random walk, on the instrument's tick and never below one tick."""
        tick = self.instruments[line].tick
        share = Decimal(rng.randint(-10_000, 10_000)) / 10_000
        moved = self.prices[line] * (1 + share * walk.percent / 100)
        return max(tick, (moved / tick).to_integral_value(ROUND_HALF_UP) * tick)


def require_category(category: str) -> None:
    """Refuses (10001) categories that Bybit does not have."""
    if category not in CATEGORIES:
        raise parameter_error("category invalid" if category else "category is required")
