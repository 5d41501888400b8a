"""Writers in processes of their own that measure every call they make."""

import multiprocessing
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import SpawnProcess
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
    """Writers, started when they are needed for the first time."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._pipes: list[Pipe] = []
        self._processes: list[SpawnProcess] = []

    def measure(self, target: Target, way: Way, writers: int, seconds: float) -> Measured:
        """All of them begin at one moment, which all processes of a machine agree on."""
        try:
            return self._measured(target, way, writers, seconds)
        except BaseException:
            self._abandon()  # some of them may wait for a word that nobody says any more
            raise

    def _measured(self, target: Target, way: Way, writers: int, seconds: float) -> Measured:
        while len(self._pipes) < writers:
            self._start()
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

    def close(self) -> None:
        """Ends the processes."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join()

    def _abandon(self) -> None:
        for process in self._processes:
            process.terminate()
            process.join()
        self._pipes.clear()
        self._processes.clear()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        self._pipes.append(ours)
        self._processes.append(process)


def _heard(pipe: Pipe) -> Any:
    answer = pipe.recv()
    if isinstance(answer, _Failure):
        raise RuntimeError(f"a writer failed:\n{answer.text}")
    return answer
