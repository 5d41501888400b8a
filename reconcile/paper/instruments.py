"""What can be traded on the local Bybit."""

from dataclasses import dataclass, replace
from decimal import Decimal

CATEGORIES = ("linear", "inverse", "spot", "option")


@dataclass(frozen=True)
class Instrument:
    """One contract or pair. Quantities are in the base coin, for inverse contracts in US dollars."""

    category: str
    symbol: str
    base: str
    quote: str
    settle: str
    qty_step: Decimal
    tick: Decimal
    contract_type: str = "LinearPerpetual"
    min_qty: Decimal = Decimal(0)
    min_notional: Decimal = Decimal(5)
    status: str = "Trading"
    delivery_time: int = 0

    @property
    def inverse(self) -> bool:
        """Whether value is quantity / price, in the base coin."""
        return self.category == "inverse"

    def value(self, qty: Decimal, price: Decimal) -> Decimal:
        """What qty at price is worth in the settle coin (inverse: rounded to 8 places, as Bybit does)."""
        if self.inverse:
            return (qty / price).quantize(Decimal("0.00000001"))
        return qty * price

    def closed(self) -> "Instrument":
        """The same instrument after its delivery."""
        return replace(self, status="Closed")


def _coins(base: str, step: str, tick: str, spot_step: str) -> list[Instrument]:
    linear = Instrument("linear", f"{base}USDT", base, "USDT", "USDT", Decimal(step), Decimal(tick))
    perp = replace(linear, symbol=f"{base}PERP", quote="USDC", settle="USDC")
    inverse = replace(
        linear,
        category="inverse",
        symbol=f"{base}USD",
        quote="USD",
        settle=base,
        qty_step=Decimal(1),
        contract_type="InversePerpetual",
        min_notional=Decimal(1),
    )
    spot = Instrument("spot", f"{base}USDT", base, "USDT", "", Decimal(spot_step), Decimal(tick), "")
    return [linear, perp, inverse, spot]


def default_instruments() -> list[Instrument]:
    """BTC, ETH, SOL and XRP: USDT and USDC perpetuals, inverse perpetuals and spot; and two futures with delivery."""
    found = [
        *_coins("BTC", "0.001", "0.1", "0.000001"),
        *_coins("ETH", "0.01", "0.01", "0.00001"),
        *_coins("SOL", "0.1", "0.01", "0.001"),
        *_coins("XRP", "0.1", "0.0001", "0.01"),
    ]
    future = Instrument(
        "inverse", "BTCUSDZ27", "BTC", "USD", "BTC", Decimal(1), Decimal("0.1"), "InverseFutures",
        min_notional=Decimal(1), delivery_time=1830240000000,
    )  # fmt: skip
    dated = Instrument(
        "linear", "BTC-31DEC27", "BTC", "USDC", "USDC", Decimal("0.001"), Decimal("0.5"), "LinearFutures",
        delivery_time=1830240000000,
    )  # fmt: skip
    return [*found, future, dated]


DEFAULT_PRICES = {"BTC": Decimal(60000), "ETH": Decimal(3000), "SOL": Decimal(150), "XRP": Decimal("0.5")}
