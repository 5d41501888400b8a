"""On which leg an execution is: Bybit's executions carry no positionIdx."""

from collections.abc import Mapping

from reconcile.exchange import Exchange
from reconcile.startup.store import KnownOrder
from reconcile.values import Execution

_ONE_WAY_ONLY = frozenset({"spot", "option"})
_CASH = frozenset({"Funding", "SessionSettlePnL"})


class Legs:
    """Tells legs apart; asks the venue once for a symbol's mode where nothing else says it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._hedged: dict[tuple[str, str], bool] = {}

    async def of(self, execution: Execution, orders: Mapping[str, KnownOrder]) -> int:
        """0 one-way, 1 hedge long, 2 hedge short. Raises ExchangeError."""
        order = orders.get(execution.order_id or "")
        if execution.category in _ONE_WAY_ONLY:
            return 0
        for stated in (execution.position_idx, order.position_idx if order else None):
            if stated is not None:
                return stated
        if not await self._is_hedged(execution.category, execution.symbol):
            return 0
        # Legs never flip: an execution either closes or opens.
        closes = execution.exec_type not in _CASH and bool(execution.closed_qty)
        return 1 if (execution.side == "Buy") != closes else 2

    async def _is_hedged(self, category: str, symbol: str) -> bool:
        key = (category, symbol)
        if key not in self._hedged:
            lines = await self._exchange.positions(category, [symbol])
            self._hedged[key] = any(line.symbol == symbol and line.position_idx for line in lines)
        return self._hedged[key]
