"""Positions as Bybit keeps them: one moving average (harmonic for inverse contracts), not lots."""

from dataclasses import dataclass
from decimal import Decimal

from reconcile.paper.amounts import ZERO, rounded


@dataclass(frozen=True)
class Closing:
    """The part of a fill that closed something, in the settle coin; size in the contract's unit."""

    size: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    open_fee: Decimal = ZERO
    close_fee: Decimal = ZERO
    funding: Decimal = ZERO
    gross: Decimal = ZERO


@dataclass(kw_only=True)
class Position:
    """One leg of one contract: positionIdx 0 in one-way mode, 1 (Buy) and 2 (Sell) in hedge mode."""

    category: str
    symbol: str
    idx: int
    inverse: bool
    created: int
    updated: int
    opened: int = 0
    side: str = ""
    size: Decimal = ZERO
    entry_value: Decimal = ZERO
    session_value: Decimal = ZERO
    open_fee: Decimal = ZERO
    funding: Decimal = ZERO
    current_pnl: Decimal = ZERO
    total_pnl: Decimal = ZERO
    seq: int = -1
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing: Decimal | None = None
    traded: bool = False

    @property
    def average(self) -> Decimal:
        """Average entry price, rounded to 8 places as Bybit shows it; 0 when flat."""
        if not self.size:
            return ZERO
        return rounded(self.size / self.entry_value if self.inverse else self.entry_value / self.size)

    @property
    def signed(self) -> Decimal:
        """The size, negative for a short position."""
        return -self.size if self.side == "Sell" else self.size

    def gain(self, entry: Decimal, exit_value: Decimal) -> Decimal:
        """Profit before fees of values entered and left: an inverse contract gains when its coin value shrinks."""
        long = self.side == "Buy"
        return exit_value - entry if long != self.inverse else entry - exit_value

    def unrealised(self, value: Decimal) -> Decimal:
        """Profit of the whole position if it were worth `value` now."""
        return self.gain(self.entry_value, value) if self.size else ZERO

    def closable(self, side: str) -> Decimal:
        """How much an order on this side would close."""
        return self.size if self.size and side != self.side else ZERO

    def apply(self, side: str, qty: Decimal, value: Decimal, fee: Decimal, now: int) -> Closing:
        """Books a fill and says what it closed. A fill through zero closes first, then opens the other side."""
        closing = self._close(min(self.closable(side), qty), qty, value, fee)
        opening = qty - closing.size
        if opening:
            self._open(side, opening, value - closing.exit_value, fee - closing.close_fee, now)
        pnl = closing.gross - fee
        self.current_pnl += pnl
        self.total_pnl += pnl
        return closing

    def _open(self, side: str, qty: Decimal, value: Decimal, fee: Decimal, now: int) -> None:
        if not self.size:
            self.side, self.opened, self.current_pnl = side, now, ZERO
            self.created = self.created if self.traded else now
            self.traded = True
        self.size += qty
        self.entry_value += value
        self.session_value += value
        self.open_fee += fee

    def _close(self, size: Decimal, qty: Decimal, value: Decimal, fee: Decimal) -> Closing:
        if not size:
            return Closing()
        exit_value = value if size == qty else rounded(value * size / qty)
        close_fee = fee if size == qty else rounded(fee * size / qty)
        entry = self._take(size, self.entry_value)
        session = self._take(size, self.session_value)
        taken = Closing(
            size=size,
            # After a session settlement only what happened since is still to be realised.
            entry_value=session,
            exit_value=exit_value,
            open_fee=self._take(size, self.open_fee),
            close_fee=close_fee,
            funding=self._take(size, self.funding),
            gross=self.gain(session, exit_value),
        )
        self.size -= size
        self.entry_value -= entry
        self.session_value -= session
        self.open_fee -= taken.open_fee
        self.funding -= taken.funding
        if not self.size:
            self.side, self.opened = "", 0
            self.take_profit = self.stop_loss = self.trailing = None
        return taken

    def _take(self, size: Decimal, total: Decimal) -> Decimal:
        # The last close takes what rounding left, so that the parts of a cycle add up exactly.
        return total if size == self.size else rounded(total * size / self.size)
