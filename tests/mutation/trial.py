"""One run of the tests in a forked process, whose modules are loaded already."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

_POLL_SECONDS = 0.01
# Of what cannot run at all: unknown names, wrong types. Permissions are in the same class, and can be tested.
_NOT_SQL = "42"
_PERMISSION = "42501"


@dataclass(frozen=True)
class Order:
    """Which tests, in which place, and in which order."""

    files: Sequence[str]
    root: Path
    scratch: Path
    environment: Mapping[str, str]
    seed: int
    test_seconds: float
    first: Callable[[str], Any] | None = None
    purge: bool = False


@dataclass
class Result:
    """How a run ended: `passed`, `failed`, `hung`, `invalid`; the test that failed, and how long each took."""

    outcome: str = "failed"
    test: str = ""
    words: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


def run(order: Order, seconds: float) -> Result:
    """Run the tests until one fails; `seconds` is how long all of them may take."""
    answer = order.scratch / "answer.json"
    answer.unlink(missing_ok=True)
    process = os.fork()
    if process == 0:
        _child(order, answer)
    deadline = time.monotonic() + seconds
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return Result("hung", words=f"no end after {seconds:.0f} s")
        time.sleep(_POLL_SECONDS)
    if not answer.exists():
        return Result("failed", words="the tests' process died")
    return Result(**json.loads(answer.read_text(encoding="utf-8")))


def load(order: Order) -> None:
    """Import what the tests import, so that forked processes have it."""
    os.environ.update(order.environment)
    with _Quiet(order.scratch / "output.txt"):
        pytest.main([*_arguments(order), "--collect-only"])


def _child(order: Order, answer: Path) -> None:
    """Never returns: the process ends with its tests."""
    os.setpgid(0, 0)
    os.chdir(order.root)
    os.environ.update(order.environment)
    # Not before pytest has loaded its plugins.
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(order.scratch / f"hypothesis-{os.getpid()}")
    if order.purge:
        for name in [name for name in sys.modules if name.partition(".")[0] in {"ledger", "reconcile", "tests"}]:
            del sys.modules[name]
        sys.path.insert(0, str(order.root))
    watcher = _Watcher(order.first, answer)
    with _Quiet(order.scratch / "output.txt"):
        code = pytest.main(_arguments(order), plugins=[watcher])
    watcher.end("passed" if code == pytest.ExitCode.OK else "failed", words=str(code))


def _arguments(order: Order) -> list[str]:
    options = ["-n", "0", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--tb=no"]
    # What is loaded already is what the forked processes are forked for.
    options += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    chosen = [f"--rootdir={order.root}", f"--hypothesis-seed={order.seed}", f"--timeout={order.test_seconds:.0f}"]
    return [*options, *chosen, *(str(order.root / file) for file in order.files)]


class _Watcher:
    """Puts the tests in order and ends the process with the first that fails."""

    def __init__(self, first: Callable[[str], Any] | None, answer: Path) -> None:
        self._first = first
        self._answer = answer
        self._result = Result()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        first = self._first
        if first is not None:
            items.sort(key=lambda item: first(item.nodeid))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
        yield
        seconds = self._result.seconds
        seconds[item.nodeid] = seconds.get(item.nodeid, 0) + call.duration
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            error = call.excinfo.value
            # pytest-timeout fails a test with these words.
            hung = isinstance(error, pytest.fail.Exception) and "Timeout" in str(error)
            outcome = "invalid" if any(_is_not_sql(one) for one in _chain(error)) else "hung" if hung else "failed"
            self.end(outcome, item.nodeid, repr(error))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.end("failed", report.nodeid, str(report.longrepr))

    def end(self, outcome: str, test: str = "", words: str = "") -> None:
        """Write the answer and end the process at once: servers are not stopped and databases not dropped by it."""
        result = Result(outcome, test, words[:500], self._result.seconds)
        self._answer.write_text(json.dumps(vars(result)), encoding="utf-8")
        os._exit(0)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.append(one)
        yield one
        waiting += [other for other in (one.__cause__, one.__context__) if other is not None]
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _is_not_sql(error: BaseException) -> bool:
    state = (error.sqlstate or "") if isinstance(error, psycopg.Error) else ""
    return state.startswith(_NOT_SQL) and state != _PERMISSION


class _Quiet:
    """Sends what this process writes to a file for the length of a `with` block."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._kept = os.dup(1), os.dup(2)
        sys.stdout.flush()
        sys.stderr.flush()
        opened = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, 1)
        os.dup2(opened, 2)
        os.close(opened)

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, kept in zip((1, 2), self._kept, strict=True):
            os.dup2(kept, number)
            os.close(kept)
