"""FIFO booking written down plainly from its rules: what the ledger's answers are held against.

Everything is a `Fraction`, so nothing is rounded but where the rules say so. Lots are a list that is
consumed from the front, one fill after the other; speed does not matter here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

UNIT = 10**18
ZERO = Fraction(0)


class HedgeRuleBrokenError(Exception):
    """A hedge leg is closed further than it is open."""

    def __init__(self, need: Fraction, have: Fraction) -> None:
        super().__init__(f"need {need}, have {have}")
        self.need = need
        self.have = have


@dataclass(frozen=True)
class Instrument:
    """What is traded: its coins and the size of one contract."""

    category: str
    symbol: str
    base: str
    quote: str
    settle: str
    multiplier: Fraction = Fraction(1)


@dataclass(frozen=True)
class Fill:
    """One execution as the exchange reports it."""

    exec_id: str
    side: str
    price: Fraction
    qty: Fraction
    time: datetime
    commission: Fraction
    commission_asset: str
    seq: int = 0
    order_id: str | None = None

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Place in exchange order. Python compares text by code points."""
        return self.time, self.seq, self.exec_id


@dataclass
class Lot:
    """What one fill opened."""

    fill: Fill
    original: Fraction
    commission: Fraction
    asset: str
    closed: Fraction = ZERO

    @property
    def remaining(self) -> Fraction:
        return self.original - self.closed

    @property
    def remaining_commission(self) -> Fraction:
        return self.commission - running_share(self.commission, self.closed, self.original)


@dataclass(frozen=True)
class Trade:
    """One lot, or part of it, closed by one fill."""

    entry: Fill
    exit: Fill
    qty: Fraction
    gross: Fraction
    entry_commission: Fraction
    exit_commission: Fraction
    entry_asset: str
    exit_asset: str
    net: Fraction
    pnl_pct: Fraction | None


@dataclass
class Book:
    """All that follows from the fills of one position line."""

    instrument: Instrument
    lots: list[Lot] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    dust: Fraction = ZERO

    @property
    def open_lots(self) -> list[Lot]:
        return [lot for lot in self.lots if lot.remaining]

    @property
    def side(self) -> str:
        return self.open_lots[0].fill.side if self.open_lots else "None"

    @property
    def size(self) -> Fraction:
        return sum((lot.remaining for lot in self.lots), ZERO)

    @property
    def average(self) -> Fraction:
        """Average entry price of what is open; 0 when flat. Inverse: contracts by coin value."""
        lots = self.open_lots
        if not lots:
            return ZERO
        if self.instrument.category == "inverse":
            return half_even(self.size / sum((lot.remaining / lot.fill.price for lot in lots), ZERO))
        return half_even(sum((lot.remaining * lot.fill.price for lot in lots), ZERO) / self.size)

    @property
    def open_commission(self) -> Fraction:
        """Commission of what is open, as far as it was charged in the settle coin."""
        own = [lot for lot in self.open_lots if lot.asset == self.instrument.settle]
        return sum((lot.remaining_commission for lot in own), ZERO)

    @property
    def realized_gross(self) -> Fraction:
        return sum((trade.gross for trade in self.trades), ZERO)

    @property
    def realized_net(self) -> Fraction:
        return sum((trade.net for trade in self.trades), ZERO)


def half_even(value: Fraction) -> Fraction:
    """The value at 18 decimals; Python rounds a Fraction half-even."""
    return Fraction(round(value * UNIT), UNIT)


def running_share(total: Fraction, part: Fraction, whole: Fraction) -> Fraction:
    """What the first `part` units out of `whole` bear of a total; all units bear exactly all of it."""
    return total if part == whole else half_even(total * part / whole)


def derive(instrument: Instrument, position_idx: int, fills: Iterable[Fill]) -> Book:
    """The book after a set of fills, given in any order.

    Raises:
        HedgeRuleBrokenError: a leg would be closed further than it is open.
    """
    book = Book(instrument)
    for fill in sorted(fills, key=lambda one: one.order):
        _apply(book, position_idx, fill)
    return book


def effective_qty(instrument: Instrument, fill: Fill) -> Fraction:
    """What the fill moves the position by: a base-coin fee of a spot purchase never arrives."""
    return fill.qty - fill.commission if _in_base(instrument, fill) and fill.side == "Buy" else fill.qty


def _in_base(instrument: Instrument, fill: Fill) -> bool:
    return instrument.category == "spot" and fill.commission_asset == instrument.base


def _apply(book: Book, position_idx: int, fill: Fill) -> None:
    in_base = _in_base(book.instrument, fill)
    fee = fill.commission * fill.price if in_base else fill.commission
    asset = book.instrument.quote if in_base else fill.commission_asset
    qty = effective_qty(book.instrument, fill)
    if in_base and fill.side == "Sell":
        book.dust -= fill.commission
    done = ZERO
    if book.side not in ("None", fill.side):
        closing = min(qty, book.size)
        _require_hedge_rule(position_idx, fill, qty, closing)
        while done < closing:
            lot = book.open_lots[0]
            piece = min(lot.remaining, closing - done)
            exit_fee = running_share(fee, done + piece, qty) - running_share(fee, done, qty)
            book.trades.append(_close(book.instrument, lot, fill, piece, (exit_fee, asset)))
            done += piece
    else:
        _require_hedge_rule(position_idx, fill, qty, ZERO)
    if done < qty:
        book.lots.append(Lot(fill, qty - done, fee - running_share(fee, done, qty), asset))


def _require_hedge_rule(position_idx: int, fill: Fill, need: Fraction, have: Fraction) -> None:
    closing_side = {1: "Sell", 2: "Buy"}.get(position_idx)
    if fill.side == closing_side and need > have:
        raise HedgeRuleBrokenError(need, have)


def _close(instrument: Instrument, lot: Lot, fill: Fill, qty: Fraction, paid: tuple[Fraction, str]) -> Trade:
    exit_fee, exit_asset = paid
    before = running_share(lot.commission, lot.closed, lot.original)
    lot.closed += qty
    entry_fee = running_share(lot.commission, lot.closed, lot.original) - before
    gross = _gross(instrument, lot.fill, fill.price, qty)
    net = gross
    if lot.asset == instrument.settle:
        net -= entry_fee
    if exit_asset == instrument.settle:
        net -= exit_fee
    return Trade(
        entry=lot.fill,
        exit=fill,
        qty=qty,
        gross=gross,
        entry_commission=entry_fee,
        exit_commission=exit_fee,
        entry_asset=lot.asset,
        exit_asset=exit_asset,
        net=net,
        pnl_pct=_percent(instrument, net, lot.fill.price, qty),
    )


def _gross(instrument: Instrument, entry: Fill, exit_price: Fraction, qty: Fraction) -> Fraction:
    sign = 1 if entry.side == "Buy" else -1
    size = qty * instrument.multiplier
    if instrument.category == "inverse":
        return sign * half_even(size * (1 / entry.price - 1 / exit_price))
    return sign * (exit_price - entry.price) * size


def _percent(instrument: Instrument, net: Fraction, entry_price: Fraction, qty: Fraction) -> Fraction | None:
    if entry_price == 0:
        return None
    size = qty * instrument.multiplier
    value = size / entry_price if instrument.category == "inverse" else size * entry_price
    return half_even(net * 100 / value)
