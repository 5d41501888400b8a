"""Simulated trading for as long as is wanted, with random faults all the while; at the end ledger = exchange."""

import os
import time
from dataclasses import dataclass, field, replace
from typing import Any

import psutil

from tests.faults.scenario import Run
from tests.simulation.plan import Action, Scenario, make_scenario
from tests.simulation.run import run_scenario
from tests.simulation.servers import CrashingServers
from tests.simulation.staff import Staff

_QUICK_MINUTES = 0.05
_ACTIONS_A_SECOND = 25  # more than any machine gets through
_ACTIONS_IN_HAND = 25
_LONGEST_STEP = 60_000  # ms by which the exchange's clock is put forward at once: an hour should not last years
_FAULTS = frozenset(
    {
        "kill_bot", "freeze", "kill_reconcilers", "http_fault", "postgres_outage", "redis_outage", "late_executions",
        "skew", "kill_service", "stop_service", "stream_fault", "disconnect_streams",
    }
)  # fmt: skip


def soak(run: Run) -> None:
    """Bots, reconcilers and services trade, write and read; they, the servers and the exchange fail at random."""
    seconds = 60 * (_QUICK_MINUTES if run.quick else run.minutes)
    scenario = make_scenario(run.seed, max(40, round(seconds * _ACTIONS_A_SECOND)))
    watch = Watch(run.servers, time.monotonic() + seconds, run.actions)
    connections = run.servers.connections_opened()
    verdict = run_scenario(run.servers, _slower(scenario), watch.goes_on)
    run.problems += verdict.problems
    run.actions = watch.begun
    run.counts["fills"] = verdict.executions
    run.counts["actions"] = sum(verdict.done.values())
    run.counts["faults"] = sum(count for kind, count in verdict.done.items() if kind in _FAULTS)
    run.counts["processes started"] = watch.processes
    run.counts["connections opened"] = run.servers.connections_opened() - connections
    run.counts["calls that ended in an error of a server or the exchange"] = sum(
        count for how, count in verdict.answers.items() if how.startswith("weather")
    )
    for when, memory in (("at first", watch.first), ("at last", watch.last)):
        for what, megabytes in memory.items():
            run.counts[f"MB of {what} {when}"] = megabytes


def _slower(scenario: Scenario) -> Scenario:
    return replace(scenario, actions=tuple(_step(action) for action in scenario.actions))


def _step(action: Action) -> Action:
    if action.kind != "advance":
        return action
    return replace(action, given={"ms": min(action.given["ms"], _LONGEST_STEP)})


@dataclass
class Watch:
    """Ends the script in time, keeps the bots from falling behind it, and looks at the memory of everybody."""

    servers: CrashingServers
    until: float
    most: int | None  # actions; None: as many as there is time for
    begun: int = 0
    first: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    @property
    def processes(self) -> int:
        """How many bots, reconcilers and services there have been."""
        return len(self._seen)

    def goes_on(self, staff: Staff) -> bool:
        """Asked before each action."""
        self._seen |= set(staff.pids)
        is_over = time.monotonic() > self.until if self.most is None else self.begun == self.most
        if self.begun % _ACTIONS_IN_HAND == _ACTIONS_IN_HAND - 1 or is_over:
            staff.settle()
            self.last = self._memory(staff)
            self.first = self.first or self.last
        if is_over or staff.faults:
            return False
        self.begun += 1
        return True

    def _memory(self, staff: Staff) -> dict[str, int]:
        postgres, redis = self.servers.pids
        return {
            "the largest bot or service": max((_megabytes(pid) for pid in staff.pids), default=0),
            "PostgreSQL's main process": _megabytes(postgres),
            "Redis": _megabytes(redis),
            "exchange and harness": _megabytes(os.getpid()),
        }


def _megabytes(pid: int | None) -> int:
    """What a process holds; 0 if it has just ended."""
    try:
        memory: Any = psutil.Process(pid).memory_info() if pid else None
    except psutil.NoSuchProcess:
        memory = None
    return round(memory.rss / 1e6) if memory else 0
