"""A process that tries mutants, one after the other, on servers of its own."""

import multiprocessing
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any

import psycopg

from ledger.database.url import to_conninfo
from ledger.embedded import Servers, scoped
from ledger.migrate import upgrade
from tests.mutation import trial
from tests.mutation.damages import damages
from tests.mutation.guards import guards_of, quick_of
from tests.mutation.mutant import ROOT, Mutant
from tests.mutation.played import played
from tests.mutation.python_tree import PythonTree
from tests.mutation.quick import Quick
from tests.mutation.replay import Replay
from tests.mutation.sql_mutants import definition_of
from tests.mutation.verdict import INVALID, KILLED, SURVIVED, TIMED_OUT, Verdict
from tests.servers import create_database, drop_database
from tests.statements import statement

_LEAST_TEST_SECONDS = 30.0
_LEAST_SECONDS = 120.0
_TIMES_AS_LONG = 5.0
_BASELINE_SECONDS = 900.0
_LOOK_SECONDS = 5.0
_TEMPLATE = "ledger_template"
_MUTANT = "ledger_mutant"


class GuardsFailError(Exception):
    """The tests fail without a mutant, so that they say nothing about one."""


@dataclass
class _Guards:
    """Tests that run together, how long each takes, and which have killed what."""

    files: Sequence[str]
    seconds: dict[str, float] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def order(self, mutant: Mutant, test: str) -> tuple[int, int, int, float]:
        """Those first that kill mutants of the same function, of the same file, of any file; then the quickest."""
        near, far = f"{mutant.file} {mutant.scope} {test}", f"{mutant.file} {test}"
        return -self.kills[near], -self.kills[far], -self.kills[test], self.seconds.get(test, 0.0)

    def killed(self, mutant: Mutant, test: str) -> None:
        self.kills.update([test, f"{mutant.file} {test}", f"{mutant.file} {mutant.scope} {test}"])


@dataclass(frozen=True)
class Baselines:
    """How long each test takes without a mutant, by the files it runs with: measured once, by one worker."""

    seconds: MutableMapping[tuple[str, ...], dict[str, float]]
    lock: AbstractContextManager[bool]


@dataclass(frozen=True)
class Plan:
    """What all workers are told: whether to ask the quick checks, and the tests."""

    seed: int
    asks_quick: bool
    stages: int | None  # of tests; None: all
    baselines: Baselines


class Worker:
    """Tries mutants on one pair of servers. The tests see them through LEDGER_TEST_TEMPLATE or a copy of the tree."""

    def __init__(self, servers: Servers, stack: ExitStack, scratch: Path, plan: Plan) -> None:
        database_url, redis_url = servers.database_url, servers.redis_url
        self._admin_url = database_url
        self._environment = {"LEDGER_DATABASE_URL": database_url, "LEDGER_REDIS_URL": redis_url}
        self._scratch = scratch
        self._stack = stack
        self._plan = plan
        self._quick: dict[str, Quick] = {}
        self._guards: dict[tuple[str, ...], _Guards] = {}
        self._tree: PythonTree | None = None
        upgrade(create_database(database_url, _TEMPLATE))

    def judge(self, mutant: Mutant) -> Verdict:
        """Whether one of the checks or tests that guard the mutant's file fails."""
        began = time.monotonic()
        for quick in self._quick_of(mutant) if self._plan.asks_quick else ():
            found = quick.difference(mutant, definition_of(mutant))
            if found is not None:
                return Verdict(mutant, _OUTCOMES[found[0]], f"quick: {found[1]}", "", time.monotonic() - began)
        if self._plan.stages != 0:
            with self._applied(mutant) as is_possible:
                return self._tested(mutant, began) if is_possible else Verdict(mutant, INVALID)
        return Verdict(mutant, SURVIVED, seconds=time.monotonic() - began)

    def _tested(self, mutant: Mutant, began: float) -> Verdict:
        for files in guards_of(mutant.file)[: self._plan.stages]:
            guards = self._ready(files, mutant)
            result = self._run(guards, mutant)
            if result.outcome != "passed":
                guards.killed(mutant, result.test)
                return Verdict(mutant, _OUTCOMES[result.outcome], result.test, result.words, time.monotonic() - began)
        return Verdict(mutant, SURVIVED, seconds=time.monotonic() - began)

    def _quick_of(self, mutant: Mutant) -> list[Quick]:
        return [self._prepared(kind) for kind in quick_of(mutant.file)]

    def _prepared(self, kind: str) -> Quick:
        if kind not in self._quick:
            url = create_database(self._admin_url, f"ledger_{kind}", _TEMPLATE)
            connection = self._stack.enter_context(psycopg.connect(to_conninfo(url), autocommit=True))
            self._quick[kind] = Quick(connection, _CHECKS[kind](connection, url))
        return self._quick[kind]

    @contextmanager
    def _applied(self, mutant: Mutant) -> Iterator[bool]:
        if mutant.file.endswith(".sql"):
            drop_database(self._admin_url, _MUTANT)
            url = create_database(self._admin_url, _MUTANT, _TEMPLATE)
            yield _replace(url, mutant)
        else:
            self._tree = self._tree or PythonTree(self._scratch / "tree")
            with self._tree.mutated(mutant):
                yield True

    def _ready(self, files: tuple[str, ...], mutant: Mutant) -> _Guards:
        """The guards, once they have passed without a mutant."""
        if files not in self._guards:
            guards = _Guards(files)
            trial.load(self._order(guards, None))
            baselines = self._plan.baselines
            with baselines.lock:
                if files not in baselines.seconds:
                    baselines.seconds[files] = self._baseline(guards, mutant)
                guards.seconds = baselines.seconds[files]
            self._guards[files] = guards
        return self._guards[files]

    def _baseline(self, guards: _Guards, mutant: Mutant) -> dict[str, float]:
        with self._tree.original(mutant) if self._tree else nullcontext():
            result = trial.run(self._order(guards, None), _BASELINE_SECONDS)
        self._clean()
        if result.outcome != "passed":
            raise GuardsFailError(f"{result.test} {result.outcome} without a mutant: {result.words}")
        return result.seconds

    def _run(self, guards: _Guards, mutant: Mutant) -> trial.Result:
        total = sum(guards.seconds.values())
        result = trial.run(self._order(guards, mutant), max(_LEAST_SECONDS, _TIMES_AS_LONG * total))
        self._clean()
        return result

    def _order(self, guards: _Guards, mutant: Mutant | None) -> trial.Order:
        is_sql = mutant is not None and mutant.file.endswith(".sql")
        slowest = max(guards.seconds.values(), default=_BASELINE_SECONDS)
        return trial.Order(
            files=guards.files,
            root=self._tree.root if self._tree else ROOT,
            scratch=self._scratch,
            environment=self._environment | {"LEDGER_TEST_TEMPLATE": _MUTANT if is_sql else _TEMPLATE},
            seed=self._plan.seed,
            test_seconds=max(_LEAST_TEST_SECONDS, _TIMES_AS_LONG * slowest),
            first=None if mutant is None else lambda test: guards.order(mutant, test),
            purge=self._tree is not None,
        )

    def _clean(self) -> None:
        """The tests' process has ended in the middle: its databases and what it left in Redis go."""
        with psycopg.connect(to_conninfo(self._admin_url), autocommit=True) as connection:
            names = [name for (name,) in connection.execute(statement("mutation/databases")).fetchall()]
        for name in names:
            drop_database(self._admin_url, name)


_CHECKS: dict[str, Callable[[psycopg.Connection[Any], str], Mapping[str, Callable[[], bool]]]] = {
    "replay": lambda connection, _: Replay(connection).checks,
    "steps": played,
    "damages": damages,
}
_OUTCOMES = {"failed": KILLED, "hung": TIMED_OUT, "invalid": INVALID}


def _replace(url: str, mutant: Mutant) -> bool:
    """Puts the mutant's function in place of the original one. False: PostgreSQL does not take it."""
    with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
        try:
            connection.execute(definition_of(mutant).encode())
        except psycopg.Error:
            return False
    return True


def _next(waiting: "Queue[Mutant | None]") -> Mutant | None:
    """The next mutant; None: there is none, or nobody waits for its verdict any more."""
    parent = multiprocessing.parent_process()
    while parent is None or parent.is_alive():
        with suppress(Empty):
            return waiting.get(timeout=_LOOK_SECONDS)
    return None


def work(number: int, plan: Plan, waiting: "Queue[Mutant | None]", done: "Queue[Verdict | str]") -> None:
    """Judges what is waiting until a None comes. What goes wrong with the tests themselves is answered in words."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"mutation-{number}-")))
        worker = Worker(stack.enter_context(scoped()), stack, scratch, plan)
        while (mutant := _next(waiting)) is not None:
            try:
                done.put(worker.judge(mutant))
            except Exception:
                done.put(traceback.format_exc())
                raise
