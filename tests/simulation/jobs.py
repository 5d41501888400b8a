"""Seeds at the same time, each job on servers of its own."""

import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from tests.simulation.run import Verdict, run_seed
from tests.simulation.servers import crashing_servers

_SPAWN = multiprocessing.get_context("spawn")


def verdicts(seeds: Sequence[int], steps: int, jobs: int) -> Iterator[Verdict]:
    """The verdicts as they come. Closing the iterator ends the jobs.

    Raises RuntimeError if a job ends before its seeds do.
    """
    workers, pipes = [], []
    for job in range(min(jobs, len(seeds))):
        ours, theirs = _SPAWN.Pipe(duplex=False)
        worker = _SPAWN.Process(target=_work, args=(list(seeds[job::jobs]), steps, theirs))
        worker.start()
        theirs.close()
        workers.append(worker)
        pipes.append(ours)
    try:
        while pipes:
            for pipe in wait(pipes):
                assert isinstance(pipe, Connection)
                try:
                    yield pipe.recv()
                except EOFError:
                    pipes.remove(pipe)
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a job ended before its seeds did")


def _work(seeds: Sequence[int], steps: int, told: Connection) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the servers are ended, too
    with crashing_servers() as servers:
        for seed in seeds:
            told.send(run_seed(servers, seed, steps))
