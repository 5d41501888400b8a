"""The exchange itself: one object that owns time, prices, accounts, faults and what is told to streams."""

import heapq
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reconcile.paper.accounts import Account, Accounts
from reconcile.paper.clock import Clock
from reconcile.paper.faults import Faults
from reconcile.paper.instruments import Instrument
from reconcile.paper.limits import Limits
from reconcile.paper.market import Line, Market
from reconcile.paper.records import Order, Stamp

Listener = Callable[[int, str, list[dict[str, Any]]], None]


@dataclass(frozen=True)
class Policy:
    """What differs between users' reports of the exchange, or is for tests to choose.

    closed_pnl_includes_funding: whether closed P&L contains the funding of the closed part (disputed).
    strict_timestamps: refuse signatures made by the machine's clock when the simulated time is another.
    """

    closed_pnl_includes_funding: bool = False
    strict_timestamps: bool = False


@dataclass
class Venue:
    """All state of one local Bybit. Hold `lock` while using it."""

    seed: int = 0
    clock: Clock = field(default_factory=Clock)
    market: Market = field(default_factory=Market)
    policy: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)
    first_uid: int = 1001

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.rng = random.Random(self.seed)  # noqa: S311  # repeatable on purpose; guards no secret  # nosec B311
        self.accounts = Accounts()
        self.faults = Faults()
        self.listeners: list[Listener] = []
        self.connections: list[Callable[[], None]] = []
        self.resting: dict[Line, dict[str, tuple[Account, Order]]] = {}
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._planned = 0
        self._seq = 5_000_000_000
        self._moment: int | None = None

    def now(self) -> int:
        """The moment of what is happening, in ms: a due event's own moment, else the clock's."""
        return self.clock.now() if self._moment is None else self._moment

    def plan(self, moment: int, action: Callable[[], None]) -> None:
        """Does action when the clock reaches the moment (ms)."""
        self._planned += 1
        heapq.heappush(self._due, (moment, self._planned, action))

    def catch_up(self) -> None:
        """Does everything that fell due, in order, each at its own moment."""
        while self._due and self._due[0][0] <= self.clock.now() and self._moment is None:
            moment, _, action = heapq.heappop(self._due)
            self._moment = moment
            try:
                action()
            finally:
                self._moment = None

    def advance(self, ms: int) -> None:
        """Lets ms milliseconds pass, with all that falls due meanwhile."""
        self.clock.advance(ms)
        self.catch_up()

    def stamp(self, lag: int = 0) -> Stamp:
        """A stamp of now for a row that becomes visible after lag ms."""
        return Stamp(self.now(), self.now() + lag, self.rng.getrandbits(32))

    def new_id(self) -> str:
        """A fresh id in the form of a UUID, repeatable for a seed."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def next_seq(self) -> int:
        """The next cross sequence, which ties executions to the position update that they caused."""
        self._seq += self.rng.randint(1, 40)
        return self._seq

    def publish(self, uid: int, topic: str, rows: list[dict[str, Any]]) -> None:
        """Tells everyone who listens to the account's private topics."""
        for listener in list(self.listeners):
            listener(uid, topic, rows)

    def hang_up(self) -> None:
        """Ends every stream connection; clients may come back at once."""
        for end in list(self.connections):
            end()

    def instrument_of(self, order: Order) -> Instrument:
        """The instrument that an order is for."""
        return self.market.instruments[(order.category, order.symbol)]
