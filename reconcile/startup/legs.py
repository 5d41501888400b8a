"""On which leg an execution is, where the venue does not say: never by the symbol's mode of today alone.

A symbol may have been in one-way mode once and be in hedge mode now. The mode switches only while it is flat, and a
hedge leg never flips: so what was open, and how much of the execution closed, tell the leg of most executions whose
order nobody knows. What they do not tell stays open, for a person.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from ledger.fill import CASH_TYPES
from reconcile.exchange import Exchange
from reconcile.startup.booked import moment_of
from reconcile.startup.store import KnownOrder, Store
from reconcile.values import Execution, Order

ONE_WAY, LONG, SHORT = 0, 1, 2
_ONE_WAY_ONLY = frozenset({"spot", "option"})
_ZERO = Decimal(0)


class Legs:
    """Tells the legs of an account's executions."""

    def __init__(self, exchange: Exchange, store: Store) -> None:
        self._exchange = exchange
        self._store = store
        self._modes: dict[tuple[str, str], set[bool]] = {}  # hedged or not, now and by the orders that are known

    def learn(self, orders: Iterable[Order]) -> None:
        """Takes from orders in which modes their symbols were."""
        for order in orders:
            known = self._modes.get((order.category, order.symbol))
            if known is not None and order.position_idx is not None:
                known.add(order.position_idx != ONE_WAY)

    async def of(self, e: Execution, orders: Mapping[str, KnownOrder]) -> int | None:
        """0 one-way, 1 hedge long, 2 hedge short; None where only what was open then can tell. Raises ExchangeError."""
        if e.category in _ONE_WAY_ONLY:
            return ONE_WAY
        order = orders.get(e.order_id or "")
        for stated in (e.position_idx, order.position_idx if order else None):
            if stated is not None:
                return stated
        modes = await self._modes_of(e.category, e.symbol)
        if len(modes) > 1:
            return None
        return hedge_leg(e) if modes == {True} else ONE_WAY

    async def by_holdings(self, e: Execution) -> int | None:
        """The leg by what was open just before; everything before must be booked. None where that does not tell."""
        moments = [moment_of(e, idx) for idx in (ONE_WAY, LONG, SHORT)]
        held = await self._store.open_at(e.category, moments)
        return leg_by_holdings(e, [list(bots.values()) for bots in held])

    async def _modes_of(self, category: str, symbol: str) -> Collection[bool]:
        key = (category, symbol)
        if key not in self._modes:
            lines = await self._exchange.positions(category, [symbol])
            now = any(line.symbol == symbol and line.position_idx != ONE_WAY for line in lines)
            self._modes[key] = {now, *await self._store.modes(category, symbol)}
        return self._modes[key]


def hedge_leg(e: Execution) -> int | None:
    """The leg of an execution in hedge mode, where it either opens or closes; None where it says neither."""
    if e.exec_type in CASH_TYPES:
        return LONG if e.side == "Buy" else SHORT  # funding has the side of the position
    if e.closed_qty is None or e.closed_qty not in (_ZERO, e.exec_qty):
        return None
    return LONG if (e.side == "Buy") != bool(e.closed_qty) else SHORT


def closes_leg(e: Execution, position_idx: int | None) -> bool:
    """Whether it is on a hedge leg and closes it: such a leg opens by one side only."""
    return position_idx == (LONG if e.side == "Sell" else SHORT)


def leg_by_holdings(e: Execution, held: Sequence[Collection[Decimal]]) -> int | None:
    """The leg of an execution of a symbol that was in either mode.

    Args:
        e: the execution.
        held: what each book had open, signed, by leg: one-way, long, short.
    """
    one_way = sum(held[ONE_WAY], _ZERO)
    was_one_way, was_hedged = any(held[ONE_WAY]), any(held[LONG]) or any(held[SHORT])
    if was_one_way and was_hedged:
        return None
    if e.exec_type in CASH_TYPES:
        return ONE_WAY if was_one_way else hedge_leg(e) if was_hedged else None
    if was_one_way:
        against = one_way < 0 if e.side == "Buy" else one_way > 0
        closes = min(e.exec_qty, abs(one_way)) if against else _ZERO
        return ONE_WAY if e.closed_qty in (None, closes) else None
    if was_hedged:
        return hedge_leg(e)
    # Flat: only what closes a part and opens with the rest can be nothing but one-way.
    return ONE_WAY if e.closed_qty and e.closed_qty < e.exec_qty else None
