"""PostgreSQL on a disk that is slow and not full: each write and each sync takes its time, and some never seem to end.

strace holds every process of the server at the system calls that reach the disk. The calls themselves are real.
"""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import psutil

from tests.faults.boundaries.points import crash
from tests.faults.crowd.crowd import registered, work_through
from tests.faults.scenario import NotPossibleHereError, Run
from tests.faults.servers.power import checkpoint
from tests.simulation.servers import CrashingServers, crashing_servers

_SYNCS = "fsync,fdatasync,syncfs,sync_file_range"
_WRITES = "pwrite64,pwritev,pwritev2,fallocate"
Delays = tuple[int, int]  # ms, of a sync and of a write
_SLOWEST, _SLOWEST_IN_QUICK = (300, 36), (60, 12)
_STANDSTILL = (1_000_000, 1_000_000)
_SETTINGS = {
    "fsync": "on",
    # Where recovery syncs one by one the thousands of files that nobody has touched, a real disk has nothing to do for
    # them, and here each would take its time.
    "recovery_init_sync_method": "syncfs",
    # Checkpoints, and the fresh files of the log that they prepare, are a part of what a slow disk has to do.
    "checkpoint_timeout": "30s",
}
# A recovery may take longer here than callers wait by default.
_PATIENT = {"LEDGER_RETRY_TIMEOUT": "90"}
_POLL = 0.03
_LOOK = 0.5


class SlowDisk:
    """Slows the main process of a server and all of its children, also after it was ended and started again."""

    def __init__(self, strace: str, servers: CrashingServers, folder: Path, *, quick: bool, seed: int) -> None:
        self._strace, self._servers, self._folder = strace, servers, folder
        self._slowest = _SLOWEST_IN_QUICK if quick else _SLOWEST
        self._random = Random(seed)  # of its own thread
        self._over, self._held = threading.Event(), threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._slowed: tuple[int, bool] | None = None  # which process, and whether it stands still
        self._tracer: subprocess.Popen[bytes] | None = None
        self._tracers = 0

    def __enter__(self) -> "SlowDisk":
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._keeper.join()
        self._let_go()

    @contextmanager
    def standstill(self) -> Iterator[None]:
        """For a `with` block nothing reaches the disk, and nothing comes back from it."""
        self._held.set()
        time.sleep(5 * _POLL)
        try:
            yield
        finally:
            self._held.clear()

    @property
    def delayed(self) -> int:
        """How many calls have taken longer than they do."""
        return sum(path.read_bytes().count(b"(DELAYED)") for path in self._folder.iterdir())

    def _keep(self) -> None:
        while not self._over.wait(_POLL):
            main = self._servers.pids[0]
            wanted = None if main is None else (main, self._held.is_set())
            if wanted != self._slowed:
                self._let_go()
                self._slowed = wanted
                if main is not None:
                    self._hold(main)

    def _hold(self, main: int) -> None:
        family = [main]
        with suppress(psutil.NoSuchProcess):
            family += [child.pid for child in psutil.Process(main).children(recursive=True)]
        delays = _STANDSTILL if self._held.is_set() else self._drawn()
        self._tracers += 1
        self._tracer = subprocess.Popen(
            _command(self._strace, family, self._folder / str(self._tracers), delays),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _drawn(self) -> Delays:
        sync, write = (self._random.randint(most // 6, most) for most in self._slowest)
        return sync, write

    def _let_go(self) -> None:
        if self._tracer is not None:
            self._tracer.terminate()
            try:
                self._tracer.wait(5)
            except subprocess.TimeoutExpired:
                self._tracer.kill()
                self._tracer.wait()
        self._tracer = None


def _command(strace: str, family: Sequence[int], log: Path, delays: Delays) -> list[str]:
    sync, write = delays
    return [
        strace, "-f", "-qq", "-s", "0", "-o", str(log), "-e", f"trace={_SYNCS},{_WRITES}", "-e", "signal=none",
        "-e", f"inject={_SYNCS}:delay_enter={sync}ms", "-e", f"inject={_WRITES}:delay_enter={write}ms",
        *(f"--attach={pid}" for pid in family),
    ]  # fmt: skip


def _strace_for(main: int | None) -> str:
    """The program, if it may be used here: not every container and system permits it."""
    strace = shutil.which("strace")
    if strace is None:
        raise NotPossibleHereError("the program strace is not installed")
    assert main is not None
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            _command(strace, [main], Path(os.devnull), (1, 1)), timeout=_LOOK, check=False, capture_output=True,
            text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        raise NotPossibleHereError(done.stderr.strip())
    return strace


def slow_disk(run: Run) -> None:
    """The crowd at work on it; the server is shut down and killed while it waits for its disk, and recovers on it."""
    with crashing_servers(settings=_SETTINGS) as servers, tempfile.TemporaryDirectory() as folder:
        strace = _strace_for(servers.pids[0])
        url = registered(servers.new_database())
        checkpoint(url)  # a recovery should have to do with what the crowd wrote, not with the making of the database
        with SlowDisk(strace, servers, Path(folder), quick=run.quick, seed=run.seed) as disk:
            faults = {
                "immediate shutdowns": lambda _: crash(servers),
                "standstills": lambda _: _stand_still(disk, run),
                "kills at a standstill": lambda _: _kill(disk, servers, run),
            }
            work_through(run, (url, run.servers.redis_url), faults, environment=_PATIENT, once=run.quick)
        run.counts["slow calls of the disk"] += disk.delayed
        run.expect(disk.delayed, "the disk was not slow")


def _stand_still(disk: SlowDisk, run: Run) -> None:
    with disk.standstill():
        time.sleep(_moment(run))


def _kill(disk: SlowDisk, servers: CrashingServers, run: Run) -> None:
    with disk.standstill():
        time.sleep(_moment(run) / 2)
        servers.kill_postgres()
    servers.start()


def _moment(run: Run) -> float:
    return 1.0 if run.quick else run.random.uniform(1.0, 8.0)
