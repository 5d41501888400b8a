"""Who owns which execution, worked out from what the exchange did and who sent what, apart from the reconciler."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reconcile.paper.accounts import Account
from reconcile.paper.records import Execution

EXTERNAL = "external"
CASH = frozenset({"Funding", "SessionSettlePnL"})
Line = tuple[str, str, int]


@dataclass
class Truth:
    """By execution id: its owner. By owner and line: the signed quantity that is open."""

    owners: dict[str, str] = field(default_factory=dict)
    open: dict[tuple[str, Line], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    executions: dict[str, Execution] = field(default_factory=dict)

    def holders(self, line: Line, closing: str | None = None) -> list[str]:
        """Who has something open; with a side, only what an execution of that side closes."""
        wrong = {"Buy": -1, "Sell": 1, None: 0}[closing]
        return [who for (who, where), qty in self.open.items() if where == line and qty and qty * wrong >= 0]


def line_of(account: Account, one: Execution) -> Line:
    """Where an execution belongs. Funding names no leg, but the side that paid or received it."""
    idx = one.order.position_idx
    if one.exec_type in CASH and (one.category, one.symbol) in account.hedged:
        idx = 1 if one.side == "Buy" else 2
    return one.category, one.symbol, idx


def truth_of(account: Account, senders: Mapping[str, str]) -> Truth:
    """The truth about an account. `senders`: the bot that sent each client order id."""
    truth = Truth()
    by_order: dict[str, str] = {}
    known = {"Trade", "AdlTrade", "BustTrade"} | CASH
    for one in sorted(account.executions, key=lambda one: (one.time, one.seq, one.exec_id)):
        if one.exec_type not in known:
            continue
        line = line_of(account, one)
        if one.exec_type in CASH:
            owner = _only(truth.holders(line))
        else:
            owner = by_order.get(one.order.order_id) or _owner(one, line, truth, senders)
            by_order[one.order.order_id] = owner
            truth.open[owner, line] += one.qty if one.side == "Buy" else -one.qty
            if one.category == "spot" and one.side == "Buy":
                truth.open[owner, line] -= one.fee
        truth.owners[one.exec_id] = owner
        truth.executions[one.exec_id] = one
    return truth


def _owner(one: Execution, line: Line, truth: Truth, senders: Mapping[str, str]) -> str:
    order = one.order
    if order.order_link_id:
        return senders[order.order_link_id]
    if order.parent_link_id:
        return senders[order.parent_link_id]
    if order.create_type == "CreateByUser":
        return EXTERNAL
    return _only(truth.holders(line, one.side))


def _only(holders: list[str]) -> str:
    return holders[0] if len(holders) == 1 else EXTERNAL
