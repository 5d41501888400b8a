"""What a rehearsal may do to the exchange: time, prices, accounts, events and faults."""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from reconcile.paper import events
from reconcile.paper.accounts import Account, ApiKey, FeeRates
from reconcile.paper.amounts import ZERO
from reconcile.paper.booking import Fill
from reconcile.paper.faults import HttpFault, StreamFault
from reconcile.paper.market import Depth, Line, Walk
from reconcile.paper.matching import fill_by_hand, price_moved, submit
from reconcile.paper.venue import Venue
from reconcile.paper.wallet import wallet_row

DEFAULT_BALANCES = {"USDT": Decimal(1_000_000), "USDC": Decimal(1_000_000), "BTC": Decimal(10)}


@dataclass(frozen=True)
class Credentials:
    """How to sign in to an account."""

    uid: int
    api_key: str
    api_secret: str


class Control:
    """Admin actions, for the process that runs the server; others reach the same by POST /paper/<name>.

    Amounts are Decimal (text over HTTP), times and spans are milliseconds. Every method raises ValueError for what
    does not exist.
    """

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    # Time and prices

    def now(self) -> int:
        """The exchange's time."""
        return self.venue.clock.now()

    def set_time(self, moment: int) -> int:
        """Moves the clock forward to a moment; everything that falls due meanwhile happens."""
        with self.venue.lock:
            return self.advance(moment - self.venue.clock.now())

    def advance(self, ms: int) -> int:
        """Lets time pass at once and says what time it is then."""
        with self.venue.lock:
            self.venue.advance(ms)
            return self.venue.clock.now()

    def set_skew(self, ms: int) -> None:
        """Puts the server's clock ahead (or behind, if negative) of everybody else's."""
        self.venue.clock.skew = ms

    def move_price(self, symbol: str, price: Decimal, category: str | None = None) -> None:
        """Sets the price of a symbol, in all categories or one, and lets orders meet it."""
        with self.venue.lock:
            for line in self.venue.market.lines(symbol, category):
                self.venue.market.prices[line] = price
                price_moved(self.venue, line)

    def set_depth(self, symbol: str, qty: Decimal | None, levels: int = 1, category: str | None = None) -> None:
        """Sets how much trades at each of so many levels, a tick apart; qty None: everything trades at one price."""
        with self.venue.lock:
            for line in self.venue.market.lines(symbol, category):
                self.venue.market.depths[line] = Depth(qty, levels)

    def walk(self, symbol: str, step_ms: int, percent: Decimal, category: str | None = None) -> None:
        """Lets the price wander: every step_ms by up to so many per cent, the same for the same seed. 0: stop."""
        with self.venue.lock:
            for line in self.venue.market.lines(symbol, category):
                wandering = Walk(step_ms, percent)
                self.venue.market.walks[line] = wandering
                if percent:
                    self.venue.plan(self.venue.now() + step_ms, partial(self._step, line, wandering))

    def _step(self, line: Line, walk: Walk) -> None:
        if self.venue.market.walks.get(line) is not walk:
            return
        self.venue.market.prices[line] = self.venue.market.stepped(line, walk, self.venue.rng)
        price_moved(self.venue, line)
        self.venue.plan(self.venue.now() + walk.step_ms, partial(self._step, line, walk))

    # Accounts

    def create_account(
        self, uid: int | None = None, balances: dict[str, Decimal] | None = None, parent_uid: int = 0
    ) -> Credentials:
        """Opens an account with a key that may trade. Without balances: a million USDT and USDC, and 10 BTC."""
        with self.venue.lock:
            number = max([self.venue.first_uid - 1, *self.venue.accounts.by_uid]) + 1 if uid is None else uid
            account = Account(uid=number, created=self.venue.now(), parent_uid=parent_uid)
            account.balances.update(DEFAULT_BALANCES if balances is None else balances)
            self.venue.accounts.add(account)
            return self.create_key(number)

    def create_key(self, uid: int, *, trade: bool = True, withdraw: bool = False) -> Credentials:
        """Adds a key to an account; one that may not trade is refused (10005) by everything that changes something."""
        with self.venue.lock:
            account = self.venue.accounts.get(uid)
            key, secret = self.venue.new_id().replace("-", "")[:18], self.venue.new_id().replace("-", "")
            self.venue.accounts.add_key(account, ApiKey(key, secret, trade, withdraw))
            return Credentials(uid, key, secret)

    def set_fees(self, uid: int, category: str, maker: Decimal, taker: Decimal) -> None:
        """Sets the fee rates of an account; a negative maker rate is a rebate."""
        with self.venue.lock:
            self.venue.accounts.get(uid).fee_rates[category] = FeeRates(maker, taker)

    def deposit(self, uid: int, coin: str, amount: Decimal) -> None:
        """Adds to a balance, or takes from it if negative."""
        with self.venue.lock:
            account = self.venue.accounts.get(uid)
            account.change_balance(coin, amount)
            self.venue.publish(uid, "wallet", [wallet_row(self.venue, account)])

    def set_hedge_mode(self, uid: int, symbol: str, *, on: bool = True) -> None:
        """Puts a flat linear contract into hedge mode, or back."""
        with self.venue.lock:
            account, line = self.venue.accounts.get(uid), ("linear", symbol)
            if not account.flat(line):
                raise ValueError("position mode switches only when flat")
            (account.hedged.add if on else account.hedged.discard)(line)

    # What happens to positions

    def trade_by_hand(
        self,
        uid: int,
        symbol: str,
        side: str,
        qty: Decimal,
        *,
        price: Decimal | None = None,
        category: str = "linear",
        position_idx: int = 0,
        exec_type: str = "Trade",
        create_type: str = "CreateByUser",
    ) -> str:
        """Trades outside any bot, as a person on the web page does (orderLinkId ""); says the order's id.

        With a price it is filled there at once, else as a market order. exec_type may be any type that moves the
        position, such as BlockTrade or MovePosition.
        """
        with self.venue.lock:
            line = self.venue.market.lines(symbol, category)[0]
            at = self.venue.market.prices[line] if price is None else price
            order = events.own_order(self.venue, line, side, Fill(qty, at), create_type)
            order.position_idx = position_idx
            account = self.venue.accounts.get(uid)
            if price is None and exec_type == "Trade":
                submit(self.venue, account, order)
            else:
                fill_by_hand(self.venue, account, order, Fill(qty, at, exec_type=exec_type))
            return order.order_id

    def charge_funding(self, symbol: str, rate: Decimal, category: str = "linear") -> int:
        """Charges funding on all open positions of a contract; says how many. Longs pay a positive rate."""
        with self.venue.lock:
            return events.charge_funding(self.venue, self.venue.market.lines(symbol, category)[0], rate)

    def liquidate(
        self,
        uid: int,
        symbol: str,
        *,
        price: Decimal | None = None,
        qty: Decimal | None = None,
        category: str = "linear",
        position_idx: int = 0,
        create_type: str = "CreateByLiq",
    ) -> str:
        """Liquidates a position or part of it (BustTrade); CreateByTakeOver_PassThrough is the other create_type."""
        fill = Fill(qty or ZERO, price or ZERO, exec_type="BustTrade")
        return self._close(uid, (category, symbol, position_idx), fill, create_type)

    def deleverage(
        self,
        uid: int,
        symbol: str,
        *,
        qty: Decimal | None = None,
        price: Decimal | None = None,
        category: str = "linear",
        position_idx: int = 0,
    ) -> str:
        """Reduces a position by auto-deleveraging (AdlTrade, no fee)."""
        fill = Fill(qty or ZERO, price or ZERO, exec_type="AdlTrade", fee_rate=ZERO)
        return self._close(uid, (category, symbol, position_idx), fill, "CreateByAdl_PassThrough")

    def _close(self, uid: int, key: tuple[str, str, int], fill: Fill, create_type: str) -> str:
        with self.venue.lock:
            account = self.venue.accounts.get(uid)
            leg = account.positions.get(key)
            if leg is None or not leg.size:
                raise ValueError(f"account {uid} has no position in {key[1]}")
            at = fill.price or self.venue.market.prices[key[:2]]
            whole = replace(fill, qty=min(fill.qty or leg.size, leg.size), price=at)
            return events.close_leg(self.venue, account, leg, whole, create_type)

    def deliver(self, symbol: str, price: Decimal, category: str = "linear") -> int:
        """Delivers a contract for good (Delivery; inverse: Settle, without an order); says how many positions."""
        with self.venue.lock:
            return events.deliver(self.venue, self.venue.market.lines(symbol, category)[0], price)

    def settle_session(self, symbol: str) -> int:
        """Settles the session of a USDC contract; says how many positions. Their average prices stay."""
        with self.venue.lock:
            return events.settle_session(self.venue, self.venue.market.lines(symbol, "linear")[0])

    def report_execution(
        self,
        uid: int,
        symbol: str,
        exec_type: str,
        *,
        side: str,
        qty: Decimal,
        price: Decimal,
        category: str = "linear",
    ) -> str:
        """Reports an execution that changes nothing, of a type that clients may not know; says its execId."""
        with self.venue.lock:
            line = self.venue.market.lines(symbol, category)[0]
            account = self.venue.accounts.get(uid)
            return events.report_execution(self.venue, account, line, side, Fill(qty, price, exec_type=exec_type))

    # What goes wrong

    def break_http(self, fault: HttpFault) -> None:
        """Lets requests go wrong, see HttpFault."""
        with self.venue.lock:
            self.venue.faults.http.append(fault)

    def break_stream(self, fault: StreamFault) -> None:
        """Lets messages of the private stream go wrong, see StreamFault."""
        with self.venue.lock:
            self.venue.faults.stream.append(fault)

    def disconnect_streams(self) -> None:
        """Closes every WebSocket; clients may come back at once."""
        with self.venue.lock:
            self.venue.hang_up()

    def set_lags(self, orders: int = 0, history: int = 0, executions: int = 0) -> None:
        """Lets rows made from now on stay invisible for so many ms."""
        with self.venue.lock:
            faults = self.venue.faults
            faults.order_lag, faults.history_lag, faults.execution_lag = orders, history, executions

    def heal(self) -> None:
        """Ends all faults, lags, skew and bans."""
        with self.venue.lock:
            self.venue.faults.http.clear()
            self.venue.faults.stream.clear()
            self.set_lags()
            self.venue.clock.skew = 0
            self.venue.limits.forgive()

    def forget_closed_orders(self) -> None:
        """Restarts the order service: /v5/order/realtime loses the closed orders."""
        with self.venue.lock:
            for account in self.venue.accounts.by_uid.values():
                account.recent.clear()

    # Seen from outside the protocol

    def state(self, uid: int) -> dict[str, Any]:
        """The truth about an account: sizes by category, symbol and index, balances, counts of rows."""
        with self.venue.lock:
            account = self.venue.accounts.get(uid)
            return {
                "positions": [
                    {
                        "category": leg.category,
                        "symbol": leg.symbol,
                        "position_idx": leg.idx,
                        "qty": leg.signed,
                        "average": leg.average,
                    }
                    for leg in account.positions.values()
                ],
                "balances": dict(account.balances),
                "executions": len(account.executions),
                "orders": len(account.orders),
            }
