"""The processes of a seed: bots and reconcilers, started, told what to do, and killed."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from tests.forks import forks
from tests.simulation.bot import BotOptions, live
from tests.simulation.service import serve_accounts

_FORKS = forks("tests.simulation.bot", "tests.simulation.service")
_PATIENCE = 60.0
_DRAIN = 30.0


@dataclass
class Worker:
    """One process, and how many commands it has not answered."""

    options: BotOptions
    process: BaseProcess
    pipe: Connection
    waiting: int = 0


@dataclass
class Staff:
    """All processes of a seed. `faults` holds what went wrong by our own fault, `answers` how commands ended."""

    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _workers: list[Worker] = field(default_factory=list)
    services: list[BaseProcess] = field(default_factory=list)

    def start(self, options: BotOptions) -> Worker:
        """A process for a bot."""
        ours, theirs = _FORKS.Pipe()
        process = _FORKS.Process(target=live, args=(options, theirs), daemon=True)
        process.start()
        theirs.close()
        worker = Worker(options, process, ours)
        self._workers.append(worker)
        return worker

    def tell(self, worker: Worker, name: str, **given: Any) -> None:
        """Gives a command and does not wait for its end."""
        self._listen(worker)
        with suppress(BrokenPipeError):
            worker.pipe.send((name, given))
            worker.waiting += 1

    def kill(self, worker: Worker) -> None:
        """Kill −9."""
        self._listen(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Inside the block no process moves."""
        pids = self.pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def start_service(self, accounts: Sequence[BotOptions]) -> None:
        """A service for these accounts."""
        process = _FORKS.Process(target=serve_accounts, args=(accounts,), daemon=True)
        process.start()
        self.services.append(process)

    def kill_service(self) -> None:
        """Kill −9, of the one that runs longest."""
        process = self.services.pop(0)
        if process.exitcode is not None:
            self.faults.append(f"a service ended by itself: exit code {process.exitcode}")
        process.kill()
        process.join()

    def stop_service(self) -> None:
        """SIGTERM, of the one that runs longest: it ends what is in hand, soon."""
        process = self.services.pop(0)
        process.terminate()
        process.join(_DRAIN)
        # One that was told before it could listen ends by the signal.
        if process.exitcode not in {0, -signal.SIGTERM}:
            self.faults.append(f"a service that was told to stop: exit code {process.exitcode}")
            process.kill()
            process.join()

    @property
    def pids(self) -> list[int]:
        """Of all processes that run."""
        processes = [*(worker.process for worker in self._workers), *self.services]
        return [process.pid for process in processes if process.pid and process.exitcode is None]

    def settle(self) -> None:
        """Waits until every command that was given has ended."""
        until = time.monotonic() + _PATIENCE
        for worker in list(self._workers):
            while worker.waiting:
                self._listen(worker, 0.05)
                if time.monotonic() > until:
                    self.faults.append(f"{worker.options.bot_id} did not end {worker.waiting} commands")
                    return

    def dismiss(self) -> None:
        """Kills all that are left."""
        for worker in list(self._workers):
            self.kill(worker)
        while self.services:
            self.kill_service()

    def _listen(self, worker: Worker, seconds: float = 0) -> None:
        try:
            while worker.pipe.poll(seconds):
                how, said = worker.pipe.recv()
                worker.waiting -= 1
                self.answers[how if how != "weather" else f"weather {said}"] += 1
                if how == "fault":
                    self.faults.append(f"{worker.options.bot_id}: {said}")
        except (EOFError, ConnectionResetError):
            worker.waiting = 0
            if worker.process.exitcode not in {None, 0}:
                self.faults.append(f"{worker.options.bot_id} ended with {worker.process.exitcode}")
