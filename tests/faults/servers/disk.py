"""A disk of a test's own, whose power can be cut.

A file, mounted as an ext4 file system. The power is cut as the file systems' own tests do it: one call shuts the file
system down, and what it had not written to the disk by then is not written any more.
"""

import fcntl
import os
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.scenario import NotPossibleHereError

_SIZE = 2 << 30  # the file is sparse: it takes what is written to it
_PATIENCE = 30.0
_SHUT_DOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, of Linux
_NOT_EVEN_ITS_LOG = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH
# By default it writes its own log every 5 seconds, and with it much that nobody has asked it to write.
_OPTIONS = "loop,commit=300"


class DiskError(Exception):
    """What a program says that is to make, mount or unmount one."""


class Disk:
    """The disk at `place`."""

    def __init__(self, image: Path, place: Path) -> None:
        self._image, self.place = image, place

    def make(self) -> None:
        """A fresh file system, all of it written now rather than in the background."""
        with self._image.open("wb") as file:
            file.truncate(_SIZE)
        self._run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self._image)

    def mount(self) -> None:
        """As at a machine's start: the file system replays its log."""
        self._run("mount", "-o", _OPTIONS, self._image, self.place)
        self.place.chmod(0o755)

    def unmount(self) -> None:
        """Waits until nobody has a file open there."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self._run("umount", self.place)
            except DiskError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def write_all(self) -> None:
        """Whatever the system holds for the disk is written, as it would be in time."""
        self._run("sync", "--file-system", self.place)

    def cut_power(self) -> None:
        """From now on nothing is written, and whoever tries has an error."""
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUT_DOWN, struct.pack("I", _NOT_EVEN_ITS_LOG))
        finally:
            os.close(folder)

    def _run(self, *command: str | Path) -> None:
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        except FileNotFoundError as error:
            raise DiskError(f"the program {command[0]} is not installed") from error
        if done.returncode != 0:
            raise DiskError(done.stderr.partition("\n")[0] or f"{command[0]} fails")


@contextmanager
def power_cut_disk() -> Iterator[Disk]:
    """Such a disk for a `with` block.

    Raises:
        NotPossibleHereError: only root may mount, and not everywhere.
    """
    with tempfile.TemporaryDirectory(prefix="fifoledger-disk-") as folder:
        Path(folder).chmod(0o755)  # the user of the servers goes through
        disk = Disk(Path(folder) / "image", Path(folder) / "disk")
        disk.place.mkdir()
        try:
            disk.make()
            disk.mount()
        except DiskError as error:
            raise NotPossibleHereError(f"there is no disk to cut off: {error}") from error
        try:
            yield disk
        finally:
            disk.unmount()
