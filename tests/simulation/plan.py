"""What happens in one seed: who trades what, and the script of everything that is done to them, from one Random(seed).

Prices and quantities are in the units of the line, so that no decision depends on how far anybody has come.
"""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Style = Literal["executions", "batch", "orders", "silent"]
_UNIQUE = "0123456789abcdefghijklmnopqrstuvwxyz"
_HOUR = 3_600_000


@dataclass(frozen=True)
class TradedLine:
    """Something to trade. `unit`: the quantity that orders are multiples of."""

    category: str
    symbol: str
    unit: Decimal
    coin: str  # what it settles in; spot: what it is paid with
    hedged: bool = False


@dataclass(frozen=True)
class BotPlan:
    """One bot. `style` says how it writes to the ledger; a silent one leaves all to the reconciler."""

    name: str
    account: int
    style: Style
    lines: tuple[TradedLine, ...]


@dataclass(frozen=True)
class PlannedOrder:
    """What a bot will send. `away`: a limit, a trigger, an exit, in thousandths of the price."""

    bot: str
    line: TradedLine
    kind: str  # market, limit, stop, protected (by take profit and stop loss)
    side: str
    units: int
    idx: int
    link_id: str
    away: int
    partial_exit: bool
    reduce_only: bool
    writes: bool  # to the ledger, at once
    slowly: float  # seconds between reading and writing


@dataclass(frozen=True)
class Action:
    """One line of the script: what, to whom or with what, and how many ms to wait before the next one."""

    kind: str
    pause: int
    given: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """All decisions of a seed."""

    seed: int
    accounts: int
    bots: tuple[BotPlan, ...]
    lines: tuple[TradedLine, ...]
    funding_in_closed_pnl: bool
    adjusts: bool  # reconcilers bring lines in agreement that no execution explains yet
    ends_flat: bool
    actions: tuple[Action, ...]


_ONE_WAY = (
    TradedLine("linear", "BTCUSDT", Decimal("0.001"), "USDT"),
    TradedLine("linear", "ETHUSDT", Decimal("0.01"), "USDT"),
    TradedLine("linear", "SOLUSDT", Decimal("0.1"), "USDT"),
    TradedLine("linear", "BTCPERP", Decimal("0.001"), "USDC"),
)
_HEDGED = TradedLine("linear", "XRPUSDT", Decimal(50), "USDT", hedged=True)
_INVERSE = TradedLine("inverse", "BTCUSD", Decimal(100), "BTC")
_SPOT = TradedLine("spot", "ETHUSDT", Decimal("0.01"), "USDT")

# How often each thing happens, relative to the others.
_KINDS = {
    "order": 60,
    "catch_up": 8,
    "observe": 3,
    "cancel_all": 2,
    "kill_bot": 4,
    "freeze": 2,
    "start_bot": 7,
    "reconcile": 5,
    "kill_reconcilers": 4,
    "by_hand": 5,
    "move_price": 14,
    "advance": 8,
    "funding": 4,
    "liquidate": 1,
    "deleverage": 1,
    "http_fault": 8,
    "postgres_outage": 2,
    "redis_outage": 2,
    "late_executions": 1,
    "skew": 1,
    "unknown_type": 1,
    "depth": 5,
}
# These come in where a service runs.
_SERVICE_KINDS = {
    "start_service": 5,
    "kill_service": 2,
    "stop_service": 1,
    "stream_fault": 4,
    "disconnect_streams": 3,
}
_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "code": 500},
    {"kind": "status", "code": 502, "times": 3},
    {"kind": "ret_code", "code": 10006},
    {"kind": "ret_code", "code": 10016, "times": 2},
    {"kind": "ret_code", "code": 10016, "after": True},
    {"kind": "timeout", "seconds": 1.5},
    {"kind": "disconnect"},
    {"kind": "disconnect", "path": "/v5/order/create", "after": True},
    {"kind": "disconnect", "path": "/v5/execution/list", "skip": 1, "times": 4},
    {"kind": "truncated"},
    {"kind": "malformed", "path": "/v5/position/list"},
    {"kind": "status", "code": 503, "paged": True, "times": 4},
    {"kind": "overlap", "paged": True, "rows": 3},
    {"kind": "duplicate", "path": "/v5/execution/list", "rows": 2, "times": 2},
    {"kind": "repeat_cursor", "path": "/v5/execution/list", "paged": True},
    {"kind": "status", "code": 500, "path": "/v5/position/closed-pnl", "times": 3},
    {"kind": "malformed", "path": "/v5/order/*", "times": 2},
)


def make_scenario(seed: int, steps: int) -> Scenario:
    """The scenario of a seed with so many actions."""
    rng = random.Random(seed)
    accounts = 2 if rng.random() < 0.2 else 1
    lines = tuple(rng.sample(_ONE_WAY, rng.randint(1, 2)))
    hedged = (_HEDGED,) if rng.random() < 0.4 else ()
    lines += tuple(line for line, chance in ((_INVERSE, 0.3), (_SPOT, 0.3)) if rng.random() < chance)
    bots = tuple(
        bot for account in range(accounts) for bot in _bots(rng, account, lines, hedged, 2 if accounts == 2 else 3)
    )
    serves = rng.random() < 0.6
    writer = _Script(rng, bots, lines + hedged, serves=serves)
    return Scenario(
        seed=seed,
        accounts=accounts,
        bots=bots,
        lines=lines + hedged,
        funding_in_closed_pnl=rng.random() < 0.3,
        adjusts=rng.random() < 0.2,
        ends_flat=rng.random() < 0.75,
        actions=(
            *(Action("start_service", 300) for _ in range(rng.randint(1, 2) if serves else 0)),
            *(writer.action() for _ in range(steps)),
        ),
    )


def _bots(
    rng: random.Random, account: int, lines: tuple[TradedLine, ...], hedged: tuple[TradedLine, ...], most: int
) -> list[BotPlan]:
    bots = []
    for number in range(rng.randint(2, most)):
        style: Style = rng.choice(("executions", "batch", "orders", "silent"))
        own = tuple(line for line in lines if rng.random() < 0.7)
        if style == "orders":  # the older calls know one-way linear contracts only
            own = tuple(line for line in own if line.category == "linear")
            if not own:
                style = "silent"
        # An exit that nobody owns cannot be booked on a hedge leg, so each has one bot.
        own = (own or (lines[0],)) + (hedged if number == 0 and style != "orders" else ())
        bots.append(BotPlan(f"a{account}bot{number}", account, style, own))
    return bots


class _Script:
    """Writes actions."""

    def __init__(
        self, rng: random.Random, bots: tuple[BotPlan, ...], lines: tuple[TradedLine, ...], *, serves: bool
    ) -> None:
        self._rng = rng
        self._kinds = _KINDS | _SERVICE_KINDS if serves else _KINDS
        self._bots = bots
        self._lines = lines

    def action(self) -> Action:
        """The next one."""
        rng = self._rng
        (kind,) = rng.choices(list(self._kinds), list(self._kinds.values()))
        given: dict[str, Any] = getattr(self, f"_{kind}")()
        # A service is to live through something.
        pause = rng.choice((0, 0, 2, 5, 15, 40) if self._kinds is _KINDS else (0, 0, 10, 40, 80, 120))
        return Action(kind, pause, given)

    def _bot(self) -> dict[str, Any]:
        return {"bot": self._rng.choice(self._bots).name}

    def _line(self, *, hedged: bool = True, spot: bool = True) -> TradedLine:
        fitting = [x for x in self._lines if (hedged or not x.hedged) and (spot or x.category != "spot")]
        return self._rng.choice(fitting)

    def _order(self) -> dict[str, Any]:
        rng = self._rng
        bot = rng.choice(self._bots)
        line = rng.choice(bot.lines)
        kind = rng.choices(("market", "limit", "stop", "protected"), (10, 4, 2, 4))[0]
        if line.category == "spot" and kind in {"stop", "protected"}:
            kind = "market"
        unique = "".join(rng.choices(_UNIQUE, k=9))
        order = PlannedOrder(
            bot=bot.name,
            line=line,
            kind=kind,
            side=rng.choice(("Buy", "Buy", "Sell") if line.category == "spot" else ("Buy", "Sell")),
            units=rng.randint(1, 40),
            idx=rng.choice((1, 2)) if line.hedged else 0,
            link_id=f"{bot.name}-{kind}-{unique}",
            away=rng.randint(2, 40),
            partial_exit=rng.random() < 0.4,
            reduce_only=kind != "protected" and line.category != "spot" and rng.random() < 0.3,
            writes=rng.random() < 0.8,
            slowly=rng.choice((0, 0, 0.01, 0.05)),
        )
        return {"order": order}

    def _catch_up(self) -> dict[str, Any]:
        return {**self._bot(), "newest_first": self._rng.random() < 0.5}

    def _observe(self) -> dict[str, Any]:
        return {**self._bot(), "newest_first": self._rng.random() < 0.5}

    def _cancel_all(self) -> dict[str, Any]:
        return {**self._bot()}

    def _kill_bot(self) -> dict[str, Any]:
        return {**self._bot(), "after": self._rng.choice((0, 3, 10, 30, 80))}

    def _freeze(self) -> dict[str, Any]:
        return {"ms": self._rng.choice((50, 300, 900))}

    def _start_bot(self) -> dict[str, Any]:
        return {**self._bot(), "reconciles": self._rng.random() < 0.6, "twice": self._rng.random() < 0.2}

    def _reconcile(self) -> dict[str, Any]:
        return {"account": self._rng.choice(self._bots).account}

    def _kill_reconcilers(self) -> dict[str, Any]:
        return {"after": self._rng.choice((0, 10, 40, 100, 250, 600))}

    def _by_hand(self) -> dict[str, Any]:
        rng = self._rng
        line = self._line(hedged=False)
        side = "Buy" if line.category == "spot" else rng.choice(("Buy", "Sell"))
        return {"line": line, "account": rng.choice(self._bots).account, "side": side, "units": rng.randint(1, 40)}

    def _move_price(self) -> dict[str, Any]:
        return {"line": self._line(), "thousandths": self._rng.randint(-50, 50)}

    def _advance(self) -> dict[str, Any]:
        return {"ms": self._rng.choice((1000, 30_000, 90_000, _HOUR, 8 * _HOUR, 24 * _HOUR, 60 * _HOUR))}

    def _funding(self) -> dict[str, Any]:
        return {"line": self._line(spot=False), "rate": Decimal(self._rng.randint(-40, 60)) / 100_000}

    def _liquidate(self) -> dict[str, Any]:
        return {"line": self._line(spot=False), "share": self._rng.choice((1, 1, 2, 4))}

    _deleverage = _liquidate

    def _http_fault(self) -> dict[str, Any]:
        return dict(self._rng.choice(_FAULTS))

    def _start_service(self) -> dict[str, Any]:
        return {}

    _kill_service = _stop_service = _disconnect_streams = _start_service

    def _stream_fault(self) -> dict[str, Any]:
        kind = self._rng.choice(("drop", "repeat", "reorder", "disconnect"))
        return {"kind": kind, "topic": self._rng.choice(("execution", "order", "*")), "times": self._rng.randint(1, 4)}

    def _postgres_outage(self) -> dict[str, Any]:
        return {"ms": self._rng.choice((0, 100, 400))}

    def _redis_outage(self) -> dict[str, Any]:
        return {"ms": self._rng.choice((0, 100, 700))}

    def _late_executions(self) -> dict[str, Any]:
        return {"ms": self._rng.choice((500, 3000, 15_000))}

    def _skew(self) -> dict[str, Any]:
        return {"ms": self._rng.choice((-6000, -700, 0, 900, 7000))}

    def _unknown_type(self) -> dict[str, Any]:
        return {"line": self._line(), "account": self._rng.choice(self._bots).account}

    def _depth(self) -> dict[str, Any]:
        return {"line": self._line(), "units": self._rng.choice((None, 3, 10, 25)), "levels": self._rng.randint(1, 3)}
