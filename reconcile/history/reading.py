"""Reading and checking in a thread of its own, while what was read before is staged."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event, Semaphore, Thread

import pyarrow as pa

from reconcile.history.checking import Reading, check
from reconcile.history.rows import Batch, Reject, Source

_AHEAD = 2

Checked = tuple[Batch, pa.Table, list[Reject]]


def checked(source: Source, reading: Reading) -> Iterator[Checked]:
    """The batches of a source with their sound rows and the others. Raises what the source raises."""
    read = _Read(source, reading)
    try:
        yield from read.results()
    finally:
        read.stop()


class _Read:
    """A daemon, for a source may wait for its next row without end, and nobody should have to wait for that."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self._source, self._reading = source, reading
        self._found: SimpleQueue[Checked | BaseException | None] = SimpleQueue()
        self._room, self._stopped = Semaphore(_AHEAD), Event()
        self._thread = Thread(target=self._run, name="fifoledger-reading", daemon=True)

    def results(self) -> Iterator[Checked]:
        self._thread.start()
        while (found := self._found.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            self._room.release()
            yield found

    def stop(self) -> None:
        """Nothing more is read; what is being read is not waited for."""
        self._stopped.set()
        self._room.release()

    def _run(self) -> None:
        try:
            for batch in self._source.batches():
                self._found.put((batch, *check(batch, self._reading)))
                self._room.acquire()
                if self._stopped.is_set():
                    return
            self._found.put(None)
        except BaseException as error:  # it is raised where the results are wanted
            self._found.put(error)
