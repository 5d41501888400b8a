"""The endpoints that are walked by time."""

from reconcile.bybit.crawler import Walk
from reconcile.bybit.endpoints import CLOSED_PNL, EXECUTIONS, ORDER_HISTORY
from reconcile.bybit.payloads import read_closed_pnl, read_execution, read_order
from reconcile.values import ClosedPnl, Execution, Order

# Two of an account's own orders may meet in one trade: the same execId then belongs to both of them.
EXECUTION_WALK = Walk[Execution](
    EXECUTIONS,
    read_execution,
    identity=lambda e: (e.exec_id, e.order_id, e.leaves_qty),
    order=lambda e: (e.exec_time, e.seq or 0, e.exec_id),
)
CLOSED_PNL_WALK = Walk[ClosedPnl](
    CLOSED_PNL,
    read_closed_pnl,
    identity=lambda p: p,
    order=lambda p: (p.created_at, p.order_id),
)
# While pages are walked an order may change: what is asked of it later is compared by the time of its change.
ORDER_WALK = Walk[Order](
    ORDER_HISTORY,
    read_order,
    identity=lambda o: (o.order_id, o.updated_at),
    order=lambda o: (o.created_at, o.order_id),
)
