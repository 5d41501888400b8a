"""The folder for what of an import does not fit into memory: gone when the import ends, whatever way it ends.

A killed process cannot remove its own; the next import does. Whether the owner lives is told by a lock that the
system takes from the dead, for numbers of processes come again, and mean nothing outside their container.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "fifoledger-import-"
_LOCK = "owner.lock"


@contextmanager
def spill_folder() -> Iterator[Path]:
    """A temporary folder of our own. Removes those of imports that were killed."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        with _owned(folder):
            yield folder


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """The lock has its name only when it is held, so that nobody finds it free before."""
    with (folder / f"{_LOCK}.new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Path(lock.name).rename(folder / _LOCK)
        yield


def _remove_abandoned(place: Path) -> None:
    for lock in place.glob(f"{PREFIX}*/{_LOCK}"):
        with suppress(OSError):  # held, gone meanwhile, or somebody else's
            _remove_if_free(lock)


def _remove_if_free(lock: Path) -> None:
    descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent)
    finally:
        os.close(descriptor)
