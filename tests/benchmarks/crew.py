"""Writers in processes of their own that measure every call they make."""

import multiprocessing
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any

from tests.benchmarks.fills import seed
from tests.benchmarks.target import Target
from tests.benchmarks.ways import Way, Write

_LEAD_SECONDS = 0.05  # until everybody has heard when it begins


@dataclass(frozen=True)
class Measured:
    """Calls in a second, and the seconds that each took."""

    rate: float
    latencies: list[float]


@dataclass(frozen=True)
class _Task:
    target: Target
    way: Way
    seconds: float


@dataclass(frozen=True)
class _Failure:
    text: str


def repeat(write: Write, seconds: float) -> list[float]:
    """The seconds that each call took, of as many as there is time for."""
    taken: list[float] = []
    before = began = time.perf_counter()
    while before - began < seconds:
        write()
        after = time.perf_counter()
        taken.append(after - before)
        before = after
    return taken


class _Writer:
    """One process: its ways stay open, so that their connections and plans are as warm as a bot's."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._stack = ExitStack()
        self._opened: dict[tuple[Target, Way], Write] = {}

    def run(self) -> None:
        seed()
        while (message := self._pipe.recv()) is not None:
            try:
                self._pipe.send(self._answer(message))
            except Exception:
                self._pipe.send(_Failure(traceback.format_exc()))

    def _answer(self, message: Any) -> Any:
        if isinstance(message, _Task):
            key = message.target, message.way
            if key not in self._opened:
                self._opened[key] = self._stack.enter_context(message.way.opened(message.target))
            write = self._opened[key]
            write()  # prepares the statement
            self._pipe.send("ready")
            time.sleep(max(0.0, self._pipe.recv() - time.monotonic()))
            return repeat(write, message.seconds)
        self._stack.close()
        self._opened.clear()
        return "released"


def _work(pipe: Pipe) -> None:
    _Writer(pipe).run()


class Crew:
    """As many writers as the largest measurement needs."""

    def __init__(self, pipes: list[Pipe]) -> None:
        self._pipes = pipes

    def measure(self, target: Target, way: Way, writers: int, seconds: float) -> Measured:
        """All of them begin at one moment, which all processes of a machine agree on."""
        team = self._pipes[:writers]
        for pipe in team:
            pipe.send(_Task(target, way, seconds))
        for pipe in team:
            _heard(pipe)
        start = time.monotonic() + _LEAD_SECONDS
        for pipe in team:
            pipe.send(start)
        taken: list[list[float]] = [_heard(pipe) for pipe in team]
        rate = sum(len(one) / sum(one) for one in taken)
        return Measured(rate, [seconds for one in taken for seconds in one])

    def release(self) -> None:
        """Closes all connections."""
        for pipe in self._pipes:
            pipe.send("release")
        for pipe in self._pipes:
            _heard(pipe)


def _heard(pipe: Pipe) -> Any:
    answer = pipe.recv()
    if isinstance(answer, _Failure):
        raise RuntimeError(f"a writer failed:\n{answer.text}")
    return answer


@contextmanager
def crew(size: int) -> Iterator[Crew]:
    """Starts the writers and stops them at the end."""
    context = multiprocessing.get_context("spawn")
    pipes: list[Pipe] = []
    processes = []
    for _ in range(size):
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        yield Crew(pipes)
    finally:
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join()
