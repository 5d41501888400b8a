"""One seed from its beginning to its verdict."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
import redis
from pybit.exceptions import InvalidRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger.database.url import to_conninfo
from reconcile.paper.lifecycle import cancel
from tests.simulation.bot import BotOptions
from tests.simulation.checks import CHECKS, Examined
from tests.simulation.director import Director
from tests.simulation.floor import START, Floor, open_floor, time_passes
from tests.simulation.plan import Scenario, make_scenario
from tests.simulation.servers import CrashingServers
from tests.simulation.staff import Staff
from tests.simulation.truth import EXTERNAL, truth_of
from tests.statements import statement

GoesOn = Callable[[Staff], bool]


@dataclass
class Verdict:
    """What came of a seed. `problems` is empty if all is well."""

    seed: int
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    executions: int = 0
    done: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)


def run_seed(servers: CrashingServers, seed: int, steps: int) -> Verdict:
    """Acts the scenario of a seed out and checks what it leaves."""
    return run_scenario(servers, make_scenario(seed, steps))


def run_scenario(servers: CrashingServers, scenario: Scenario, goes_on: GoesOn = lambda _: True) -> Verdict:
    """Acts a scenario out and checks what it leaves. `goes_on` is asked before each action, and may end it."""
    began = time.monotonic()
    seed = scenario.seed
    verdict, staff = Verdict(seed), Staff()
    database_url = servers.new_database()
    with redis.Redis.from_url(servers.redis_url) as connected:
        connected.flushdb()
    try:
        with open_floor(scenario) as floor:
            bots = _options(scenario, floor, database_url, servers.redis_url)
            try:
                verdict.done = _act(scenario, floor, Director(floor, servers, staff, bots), lambda: goes_on(staff))
            finally:
                staff.dismiss()
            verdict.problems += staff.faults
            verdict.problems += _examine(scenario, floor, bots)
            verdict.executions = sum(len(floor.account(n).executions) for n in range(scenario.accounts))
    except Exception:
        verdict.problems.append(traceback.format_exc())
    finally:
        servers.start()
        servers.drop(database_url)
    verdict.answers = staff.answers
    verdict.seconds = time.monotonic() - began
    return verdict


def _options(
    scenario: Scenario, floor: Floor, database_url: str, redis_url: str
) -> Mapping[str, tuple[int, BotOptions]]:
    categories = tuple(dict.fromkeys(line.category for line in scenario.lines))
    found = {}
    for bot in scenario.bots:
        who = floor.credentials[bot.account]
        found[bot.name] = (
            bot.account,
            BotOptions(
                bot_id=bot.name,
                style=bot.style,
                account=f"bybit:account{bot.account}:paper",
                categories=categories,
                hedged=floor.hedged,
                database_url=database_url,
                redis_url=redis_url,
                api_key=who.api_key,
                api_secret=who.api_secret,
                url=floor.paper.url,
                ws_url=floor.paper.ws_url,
                since=START - timedelta(hours=1),
                adjusts=scenario.adjusts,
            ),
        )
    return found


def _act(scenario: Scenario, floor: Floor, director: Director, goes_on: Callable[[], bool]) -> Counter[str]:
    with time_passes(floor):
        director.begin()
        for action in scenario.actions:
            if not goes_on():
                break
            director.perform(action)
        director.settle()
        floor.control.heal()
    if scenario.ends_flat:
        _flatten(scenario, floor)
    floor.control.advance(300_000)
    return director.done


def senders(scenario: Scenario) -> dict[str, str]:
    """The bot that sends each client order id."""
    orders = [action.given["order"] for action in scenario.actions if action.kind == "order"]
    script = {order.link_id: order.bot for order in orders}
    return script | {f"{bot.name}-flat-{n:09d}": bot.name for bot in scenario.bots for n in range(100)}


def _flatten(scenario: Scenario, floor: Floor) -> None:
    """Everybody closes what is open, so that wallets and closed P&L have nothing to wait for."""
    known, venue = senders(scenario), floor.paper.venue
    for line in scenario.lines:
        floor.control.set_depth(line.symbol, None, category=line.category)
    for number, who in enumerate(floor.credentials):
        account = floor.account(number)
        with venue.lock:
            for order in account.open_orders():
                cancel(venue, account, order)
        session = HTTP(api_key=who.api_key, api_secret=who.api_secret)
        session.endpoint = floor.paper.url
        open_now = truth_of(account, known).open
        # What was sold without being there is bought first: on spot there is nothing else to sell.
        for count, ((owner, (category, symbol, idx)), qty) in enumerate(sorted(open_now.items(), key=lambda x: x[1])):
            step = venue.market.instruments[category, symbol].qty_step
            whole = abs(qty) // step * step
            side = "Sell" if qty > 0 else "Buy"
            floor.control.advance(5)
            if not whole or (category == "spot" and whole * venue.market.prices[category, symbol] < 5):
                continue
            if owner == EXTERNAL:
                floor.control.trade_by_hand(who.uid, symbol, side, whole, category=category, position_idx=idx)
                continue
            with nullcontext() if category != "spot" else suppress(InvalidRequestError):  # fees took some of the coins
                session.place_order(
                    category=category, symbol=symbol, side=side, orderType="Market", qty=str(whole), positionIdx=idx,
                    marketUnit="baseCoin", orderLinkId=f"{owner}-flat-{count:09d}",
                )  # fmt: skip
        session.client.close()


def _examine(scenario: Scenario, floor: Floor, bots: Mapping[str, tuple[int, BotOptions]]) -> Iterator[str]:
    known = senders(scenario)
    any_bot = dict(bots.values())
    with psycopg.connect(to_conninfo(next(iter(any_bot.values())).database_url), autocommit=True) as connection:
        names = {name: account_id for account_id, name in connection.execute(statement("simulation/accounts"))}
        for number, options in any_bot.items():
            account = floor.account(number)
            own = {one.exec_id for one in account.executions}
            examined = Examined(
                account_id=names[f"account{number}"],
                options=options,
                venue=account,
                truth=truth_of(account, known),
                funding_in_closed_pnl=scenario.funding_in_closed_pnl,
                strange=frozenset(floor.strange & own),
                connection=connection,
            )
            for check in CHECKS:
                yield from (f"{check.__name__}: {problem}" for problem in check(examined))
