"""Accounts: their keys, balances, positions, position modes and everything that happened to them."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from reconcile.paper.amounts import ZERO
from reconcile.paper.instruments import Instrument
from reconcile.paper.market import Line
from reconcile.paper.positions import Position
from reconcile.paper.records import ClosedPnl, Execution, LogEntry, Order

RECENT_CLOSED = 500


@dataclass(frozen=True)
class ApiKey:
    """A key of an account. `trade` false: it can only read. `withdraw` is shown by /v5/user/query-api, nothing else."""

    key: str
    secret: str = field(repr=False)
    trade: bool = True
    withdraw: bool = False


@dataclass
class FeeRates:
    """Shares of the value; a negative maker rate is a rebate."""

    maker: Decimal
    taker: Decimal


def _fee_rates() -> dict[str, FeeRates]:
    contracts = FeeRates(Decimal("0.0002"), Decimal("0.00055"))
    return {
        "linear": contracts,
        "inverse": FeeRates(contracts.maker, contracts.taker),
        "spot": FeeRates(Decimal("0.001"), Decimal("0.001")),
        "option": FeeRates(Decimal("0.0002"), Decimal("0.0003")),
    }


@dataclass
class Account:
    """One UID with a unified account."""

    uid: int
    created: int
    parent_uid: int = 0
    balances: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    borrowed: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    realised: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    fee_rates: dict[str, FeeRates] = field(default_factory=_fee_rates)
    positions: dict[tuple[str, str, int], Position] = field(default_factory=dict)
    hedged: set[Line] = field(default_factory=set)
    leverages: dict[Line, Decimal] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    live: dict[str, Order] = field(default_factory=dict)
    link_ids: dict[tuple[str, str], Order] = field(default_factory=dict)
    recent: dict[str, list[Order]] = field(default_factory=lambda: defaultdict(list))
    executions: list[Execution] = field(default_factory=list)
    closed: dict[str, ClosedPnl] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)

    def leverage(self, line: Line) -> Decimal:
        """The leverage set for a contract; 10 unless changed."""
        return self.leverages.get(line, Decimal(10))

    def legs(self, line: Line) -> tuple[int, ...]:
        """The position indexes in use: one in one-way mode, two in hedge mode."""
        return (1, 2) if line in self.hedged else (0,)

    def position(self, instrument: Instrument, idx: int) -> Position:
        """The leg, which may be flat."""
        key = (instrument.category, instrument.symbol, idx)
        if key not in self.positions:
            self.positions[key] = Position(
                category=instrument.category,
                symbol=instrument.symbol,
                idx=idx,
                inverse=instrument.inverse,
                created=self.created,
                updated=self.created,
            )
        return self.positions[key]

    def flat(self, line: Line) -> bool:
        """Whether no leg of the contract is open."""
        return all(not leg.size for leg in self.positions.values() if (leg.category, leg.symbol) == line)

    def open_orders(self, line: Line | None = None) -> list[Order]:
        """Orders that may still be filled, oldest first."""
        return [one for one in self.live.values() if one.open and (line is None or (one.category, one.symbol) == line)]

    def remember_closed(self, order: Order) -> None:
        """Keeps the order among the last closed ones that /v5/order/realtime still shows."""
        kept = self.recent[order.category]
        kept.append(order)
        del kept[:-RECENT_CLOSED]

    def change_balance(self, coin: str, change: Decimal) -> Decimal:
        """The balance after the change. Balances may be negative, as in a unified account."""
        self.balances[coin] = self.balances.get(coin, ZERO) + change
        return self.balances[coin]


class Accounts:
    """All accounts, by UID and by API key."""

    def __init__(self) -> None:
        self.by_uid: dict[int, Account] = {}
        self.by_key: dict[str, tuple[Account, ApiKey]] = {}

    def add(self, account: Account) -> None:
        """Adds an account. Raises ValueError if the UID is taken."""
        if account.uid in self.by_uid:
            raise ValueError(f"there is an account {account.uid} already")
        self.by_uid[account.uid] = account

    def add_key(self, account: Account, key: ApiKey) -> None:
        """Adds a key. Raises ValueError if it is taken."""
        if key.key in self.by_key:
            raise ValueError("there is such a key already")
        self.by_key[key.key] = (account, key)

    def get(self, uid: int) -> Account:
        """The account. Raises ValueError if there is none."""
        if uid not in self.by_uid:
            raise ValueError(f"no account {uid}")
        return self.by_uid[uid]
