"""Holds temporary servers for another process: `python -m ledger.embedded.supervisor`, spoken to by pipes."""

import json
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ledger.embedded.errors import EmbeddedStartError
from ledger.embedded.files import make_own
from ledger.embedded.lifecycle import dispose, start
from ledger.embedded.model import Profile
from ledger.embedded.scope import encode
from ledger.errors import LedgerError

_PREFIX = "fifoledger-scoped-"
_ALIVE = "supervisor.lock"
# Younger directories may belong to a supervisor that has not taken its lock yet.
_SWEEP_AGE_SECONDS = 60.0
_POLL_SECONDS = 0.5


def main() -> int:
    """Start servers as requested on standard input, keep them until it ends, then delete them."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    told: list[int] = []

    def end(number: int, _: object) -> None:
        told.append(number)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    owner = os.getppid()
    request = json.loads(sys.stdin.buffer.readline())
    try:
        home = _prepare(request["home"])
    except (LedgerError, OSError) as error:
        _answer_error(error)
        return 0
    # Held for life: a free lock tells a later supervisor that this one was killed.
    alive = FileLock(home / _ALIVE)
    alive.acquire()
    try:
        servers = start(home, Profile(**request["profile"]))
        os.write(1, encode(servers))
        _sweep()
        _wait_for_end(owner, told)
    except Exception as error:
        # Whatever it is, the owner has to hear of it.
        _answer_error(error)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        dispose(home)
    return 0


def _prepare(requested: str | None) -> Path:
    if requested is None:
        home = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        if os.geteuid() == 0:
            # The servers' user has to pass through to its own closed directories.
            home.chmod(0o711)
        return home
    home = Path(requested).resolve()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise EmbeddedStartError(f"{home} is not an empty directory: temporary servers would delete what is there")
    make_own(home)
    return home


def _answer_error(error: Exception) -> None:
    code = error.code if isinstance(error, LedgerError) else EmbeddedStartError.code
    message = str(error) if isinstance(error, LedgerError) else f"{type(error).__name__}: {error}"
    with suppress(OSError):
        os.write(1, json.dumps({"error": code, "message": message}).encode() + b"\n")


def _wait_for_end(owner: int, told: Sequence[int]) -> None:
    # What a signal's handler raises is lost where some object is being finalized: `told` says so once more.
    # End of input is the owner's exit or death, at once. A child that the owner has forked may hold the pipe
    # open beyond that; then the change of our parent tells.
    while not told and os.getppid() == owner:
        readable, _, _ = select.select([0], [], [], _POLL_SECONDS)
        if readable and not os.read(0, 1024):
            return


def _sweep() -> None:
    """Delete what supervisors that were killed themselves have left in the temp directory."""
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, LedgerError, Timeout):
            found = home.lstat()
            old = time.time() - found.st_mtime > _SWEEP_AGE_SECONDS
            if found.st_uid == os.geteuid() and home.is_dir() and not home.is_symlink() and old:
                with FileLock(home / _ALIVE, timeout=0):
                    dispose(home.resolve())


if __name__ == "__main__":
    sys.exit(main())
