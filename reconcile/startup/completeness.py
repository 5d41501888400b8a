"""Whether the ledger has all that an execution closes, or pays funding for."""

from collections.abc import Container, Mapping, Sequence
from decimal import Decimal

from reconcile.startup.store import Moment, Store
from reconcile.values import Execution

Line = tuple[str, int]  # symbol, position_idx


class IncompleteLotsError(Exception):
    """An execution is of more than the ledger has open on its line: executions before it are missing.

    Attributes:
        line: category, symbol and position_idx.
    """

    def __init__(self, execution: Execution, position_idx: int) -> None:
        self.line = (execution.category, execution.symbol, position_idx)
        super().__init__(f"execution {execution.exec_id} is of another position in {execution.symbol} than is open")


async def require_complete_lots(store: Store, moves: Sequence[tuple[Execution, Moment]], known: Container[str]) -> None:
    """Follows each line from before its first execution; `moves` are of one category, in exchange order.

    The bots' books together are the venue's position, of which the venue says how much each execution closed. Those
    that are `known`, by id, are taken as they are. Raises IncompleteLotsError.
    """
    first: dict[Line, Moment] = {}
    for e, moment in moves:
        if e.exec_id not in known:
            first.setdefault(_line(moment), moment)
    closing = {_line(moment) for e, moment in moves if e.closed_qty and e.exec_id not in known}
    if not closing:
        return
    lines = [line for line in first if line in closing]
    held = await store.open_at(moves[0][0].category, [first[line] for line in lines])
    net = {line: sum(bots.values(), Decimal(0)) for line, bots in zip(lines, held, strict=True)}
    begun: set[Line] = set()
    for e, moment in moves:
        line = _line(moment)
        if moment == first.get(line):
            begun.add(line)
        if line not in net or line not in begun:  # what is known and earlier is in the books that were asked for
            continue
        sign = 1 if e.side == "Buy" else -1
        if e.exec_id not in known and (e.closed_qty or 0) > max(-sign * net[line], Decimal(0)):
            raise IncompleteLotsError(e, moment.position_idx)
        net[line] += sign * e.exec_qty


def require_funded_position(execution: Execution, position_idx: int, held: Mapping[str, Decimal]) -> None:
    """Funding is of the whole position, which the bots' books together must have. Raises IncompleteLotsError.

    Source: Bybit reports funding as an execution with the whole position as its execQty.
    """
    if execution.exec_type == "Funding" and abs(sum(held.values(), Decimal(0))) != execution.exec_qty:
        raise IncompleteLotsError(execution, position_idx)


def _line(moment: Moment) -> Line:
    return moment.symbol, moment.position_idx
