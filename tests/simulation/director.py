"""Does what the script says: to the exchange, the servers and the processes."""

import time
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reconcile.paper.faults import HttpFault, StreamFault
from tests.simulation.bot import BotOptions
from tests.simulation.floor import Floor
from tests.simulation.plan import Action, PlannedOrder, TradedLine
from tests.simulation.servers import CrashingServers
from tests.simulation.staff import Staff, Worker

_MOST_SERVICES = 2


class Director:
    """One seed's script in execution. `done` counts what was done."""

    def __init__(
        self, floor: Floor, servers: CrashingServers, staff: Staff, bots: Mapping[str, tuple[int, BotOptions]]
    ) -> None:
        self._floor = floor
        self._servers = servers
        self._staff = staff
        self._bots = bots
        self._running: dict[str, list[Worker]] = {}
        self._reconcilers: list[Worker] = []
        self.done: Counter[str] = Counter()

    def begin(self) -> None:
        """Lets every bot tell the ledger that it exists: before that, an execution that names it is nobody's."""
        for name in self._bots:
            self._staff.tell(self._start(name), "register")
        self.settle()

    def settle(self) -> None:
        """Waits for all that was begun, and ends the services in good order."""
        self._staff.settle()
        while self._staff.services:
            self._staff.stop_service()

    def perform(self, action: Action) -> None:
        """One line of the script."""
        try:
            getattr(self, f"_{action.kind}")(**action.given)
            self.done[action.kind] += 1
        except ValueError:  # the exchange has nothing to liquidate
            self.done[f"{action.kind} in vain"] += 1
        time.sleep(action.pause / 1000)

    def _start(self, name: str) -> Worker:
        worker = self._staff.start(self._bots[name][1])
        self._running.setdefault(name, []).append(worker)
        return worker

    def _worker(self, name: str) -> Worker:
        """A running copy of the bot."""
        return self._running[name][-1] if self._running.get(name) else self._start(name)

    # Bots

    def _order(self, order: PlannedOrder) -> None:
        request: dict[str, Any] = {
            "category": order.line.category,
            "symbol": order.line.symbol,
            "side": order.side,
            "orderType": "Market",
            "qty": str(order.line.unit * order.units),
            "orderLinkId": order.link_id,
            "positionIdx": order.idx,
            **self._conditions(order),
        }
        if order.line.category == "spot":
            request["marketUnit"] = "baseCoin"
        elif order.reduce_only:
            request["reduceOnly"] = True
        self._staff.tell(self._worker(order.bot), "order", request=request, writes=order.writes, slowly=order.slowly)

    def _conditions(self, order: PlannedOrder) -> dict[str, Any]:
        """The prices of an order, so far away from the present one as the script says."""
        gains = order.away if order.side == "Buy" else -order.away
        ahead, behind = self._floor.near(order.line, gains), self._floor.near(order.line, -gains)
        if order.kind == "limit":
            return {"orderType": "Limit", "price": str(behind)}
        if order.kind == "stop":
            return {"triggerPrice": str(ahead), "triggerDirection": 1 if order.side == "Buy" else 2}
        if order.kind == "protected":
            mode = {"tpslMode": "Partial"} if order.partial_exit else {}
            return {"takeProfit": str(ahead), "stopLoss": str(behind), **mode}
        return {}

    def _catch_up(self, bot: str, newest_first: bool) -> None:
        self._staff.tell(self._worker(bot), "catch_up", newest_first=newest_first)

    def _observe(self, bot: str, newest_first: bool) -> None:
        self._staff.tell(self._worker(bot), "observe", newest_first=newest_first)

    def _cancel_all(self, bot: str) -> None:
        self._staff.tell(self._worker(bot), "cancel_all")

    def _kill_bot(self, bot: str, after: int) -> None:
        time.sleep(after / 1000)
        for worker in self._running.pop(bot, []):
            self._staff.kill(worker)

    def _freeze(self, ms: int) -> None:
        """All processes stand still, wherever they are, and then go on as if nothing had been."""
        with self._staff.frozen():
            time.sleep(ms / 1000)

    def _start_bot(self, bot: str, reconciles: bool, twice: bool) -> None:
        """It starts anew, perhaps while another copy still runs."""
        started = self._start(bot) if twice else self._worker(bot)
        if reconciles:
            self._staff.tell(started, "reconcile")

    # Reconcilers that belong to no bot's loop

    def _reconcile(self, account: int) -> None:
        options = next(options for number, options in self._bots.values() if number == account)
        worker = self._staff.start(options)
        self._reconcilers.append(worker)
        self._staff.tell(worker, "reconcile")

    def _kill_reconcilers(self, after: int) -> None:
        time.sleep(after / 1000)
        for worker in self._reconcilers:
            self._staff.kill(worker)
        self._reconcilers.clear()

    # Services

    def _start_service(self) -> None:
        """Another one; all of them serve all accounts, and one leads."""
        if len(self._staff.services) < _MOST_SERVICES:
            self._staff.start_service(list(dict(self._bots.values()).values()))

    def _kill_service(self) -> None:
        if self._staff.services:
            self._staff.kill_service()

    def _stop_service(self) -> None:
        if self._staff.services:
            self._staff.stop_service()

    # The exchange

    def _by_hand(self, line: TradedLine, account: int, side: str, units: int) -> None:
        uid = self._floor.credentials[account].uid
        self._floor.control.trade_by_hand(uid, line.symbol, side, line.unit * units, category=line.category)

    def _move_price(self, line: TradedLine, thousandths: int) -> None:
        with self._floor.paper.venue.lock:
            self._floor.control.move_price(line.symbol, self._floor.near(line, thousandths), line.category)

    def _advance(self, ms: int) -> None:
        self._floor.control.advance(ms)

    def _funding(self, line: TradedLine, rate: Decimal) -> None:
        self._floor.control.charge_funding(line.symbol, rate, line.category)

    def _liquidate(self, line: TradedLine, share: int) -> None:
        self._reduce(line, share, "liquidate")

    def _deleverage(self, line: TradedLine, share: int) -> None:
        self._reduce(line, share, "deleverage")

    def _reduce(self, line: TradedLine, share: int, how: str) -> None:
        with self._floor.paper.venue.lock:
            for number, who in enumerate(self._floor.credentials):
                for (category, symbol, idx), leg in list(self._floor.account(number).positions.items()):
                    if (category, symbol) == (line.category, line.symbol) and leg.size:
                        qty = max(line.unit, leg.size / share // line.unit * line.unit)
                        act = getattr(self._floor.control, how)
                        act(who.uid, symbol, qty=qty, category=category, position_idx=idx)
                        return
        raise ValueError("nobody has such a position")

    def _unknown_type(self, line: TradedLine, account: int) -> None:
        uid, price = self._floor.credentials[account].uid, self._floor.price(line)
        self._floor.strange.add(
            self._floor.control.report_execution(
                uid, line.symbol, "SomethingNew", side="Buy", qty=line.unit, price=price, category=line.category
            )
        )

    def _depth(self, line: TradedLine, units: int | None, levels: int) -> None:
        self._floor.control.set_depth(
            line.symbol, None if units is None else line.unit * units, levels if units else 1, line.category
        )

    # What goes wrong

    def _http_fault(self, **given: Any) -> None:
        self._floor.control.break_http(HttpFault(**given))

    def _stream_fault(self, **given: Any) -> None:
        self._floor.control.break_stream(StreamFault(**given))

    def _disconnect_streams(self) -> None:
        self._floor.control.disconnect_streams()

    def _late_executions(self, ms: int) -> None:
        """What happens in the next moments is shown late; nothing that came later is shown before."""
        self._floor.control.set_lags(executions=ms)
        time.sleep(0.03)
        with self._floor.paper.venue.lock:
            self._floor.control.advance(ms + 1)
            self._floor.control.set_lags()

    def _skew(self, ms: int) -> None:
        self._floor.control.set_skew(ms)

    def _postgres_outage(self, ms: int) -> None:
        self._servers.stop_postgres()
        time.sleep(ms / 1000)
        self._servers.start()

    def _redis_outage(self, ms: int) -> None:
        self._servers.stop_redis()
        time.sleep(ms / 1000)
        self._servers.start()
