"""The local Bybit of a seed, its accounts, and the hands that move it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from reconcile.paper import Credentials, PaperBybit, Policy, paper_bybit
from reconcile.paper.accounts import Account
from reconcile.paper.control import Control
from tests.simulation.plan import Scenario, TradedLine

START = datetime(2025, 10, 1, tzinfo=UTC)
_START_MS = round(START.timestamp() * 1000)
_TICK = 0.003
_BALANCES = {"USDT": Decimal(5_000_000), "USDC": Decimal(5_000_000), "BTC": Decimal(100)}


@dataclass
class Floor:
    """A running exchange. Its time follows the machine's, plus what the script adds, until it is stopped."""

    paper: PaperBybit
    credentials: list[Credentials]
    hedged: frozenset[str]
    strange: set[str] = field(default_factory=set)  # executions of a type that nobody knows

    @property
    def control(self) -> Control:
        """What the script may do to the exchange."""
        return self.paper.control

    def account(self, number: int) -> Account:
        """The exchange's own books of an account."""
        return self.paper.venue.accounts.get(self.credentials[number].uid)

    def price(self, line: TradedLine) -> Decimal:
        """The price now."""
        return self.paper.venue.market.prices[line.category, line.symbol]

    def near(self, line: TradedLine, thousandths: int) -> Decimal:
        """A price so far from the present one, on the instrument's tick."""
        tick = self.paper.venue.market.instruments[line.category, line.symbol].tick
        wanted = self.price(line) * (1000 + thousandths) / 1000
        return max(tick, (wanted / tick).to_integral_value(ROUND_HALF_UP) * tick)


def initial_balance(coin: str) -> Decimal:
    """What each account begins with."""
    return _BALANCES.get(coin, Decimal(0))


@contextmanager
def open_floor(scenario: Scenario) -> Iterator[Floor]:
    """The exchange of a scenario, with its accounts."""
    policy = Policy(closed_pnl_includes_funding=scenario.funding_in_closed_pnl)
    with paper_bybit(seed=scenario.seed, start=_START_MS, rate_limits=False, policy=policy) as paper:
        credentials = [paper.control.create_account(balances=dict(_BALANCES)) for _ in range(scenario.accounts)]
        hedged = frozenset(line.symbol for line in scenario.lines if line.hedged)
        for who in credentials:
            for symbol in sorted(hedged):
                paper.control.set_hedge_mode(who.uid, symbol)
        for line in scenario.lines:
            paper.control.walk(line.symbol, 600_000, Decimal("0.8"), line.category)
        paper.control.advance(60_000)
        yield Floor(paper, credentials, hedged)


@contextmanager
def time_passes(floor: Floor) -> Iterator[None]:
    """Inside the block the exchange's time runs; outside it stands still, so that nothing happens by itself."""
    over = threading.Event()

    def run() -> None:
        last = time.monotonic()
        while not over.wait(_TICK):
            passed = int((time.monotonic() - last) * 1000)
            last += passed / 1000
            floor.control.advance(passed)

    thread = threading.Thread(target=run, name="time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
