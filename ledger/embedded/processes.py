import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from ledger.embedded.account import Account
from ledger.embedded.errors import EmbeddedStartError

# Later than this after its start, a server without its socket file has lost it for good.
_SOCKET_SECONDS = 3.0
_START_SECONDS = 60.0
_POLL_SECONDS = 0.02
# The shell ends at once and leaves the server to init, so no process of ours has to reap it; `exec` of the
# program itself keeps the pid that the shell reports.
_DETACH = '"$@" >&2 & echo $!'


def launch(command: list[str], account: Account, log: int) -> int:
    """Start a daemon in a session of its own, with its output in the log, and return its pid.

    Raises:
        EmbeddedStartError: the program cannot be started.
    """
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", _DETACH, "sh", *command],
            cwd="/",
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            umask=0o077,
            timeout=30,
            check=True,
            text=True,
            **account.popen_options(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedStartError(f"cannot start {command[0]}: {error}") from error
    return int(done.stdout)


def plain_environment() -> dict[str, str]:
    """Environment of a server: none of the caller's secrets, PG* variables or locale."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def own_processes(account: Account) -> Iterator[psutil.Process]:
    """Live processes of the account; nobody else's can be taken for a server of ours."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == account.uid and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def find(account: Account, pid: int | None, matches: Callable[[psutil.Process], bool]) -> psutil.Process | None:
    """The live process that matches: the one with the noted pid, else any, because notes get lost."""
    if pid is not None:
        with suppress(psutil.Error, ValueError, OverflowError):
            noted = psutil.Process(pid)
            alive = noted.status() != psutil.STATUS_ZOMBIE
            if alive and noted.uids().real == account.uid and matches(noted):
                return noted
    for process in own_processes(account):
        with suppress(psutil.Error):
            if matches(process):
                return process
    return None


def is_alive(process: psutil.Process) -> bool:
    """Whether this very process (not a later one with its pid) still runs."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def answers(process: psutil.Process, ping: Callable[[], bool], socket: Path) -> bool:
    """Wait until a server answers; False when it ends instead, or has lost its socket.

    Raises:
        EmbeddedStartError: it still runs without answering after a minute.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if ping():
            return True
        if not is_alive(process):
            return False
        with suppress(psutil.Error):
            if not socket.exists() and time.time() - process.create_time() > _SOCKET_SECONDS:
                return False
        time.sleep(_POLL_SECONDS)
    raise EmbeddedStartError(
        f"{process_name(process)} (pid {process.pid}) runs but has not answered for {_START_SECONDS:.0f} s"
    )


def process_name(process: psutil.Process) -> str:
    """Name of a process for messages, also when it has just ended."""
    try:
        return str(process.name())
    except psutil.Error:
        return "the server"


def end(process: psutil.Process, steps: tuple[tuple[int, float], ...]) -> None:
    """Send each signal in turn, until the process has ended within that signal's seconds.

    Raises:
        EmbeddedStartError: it outlives all of them.
    """
    for signal, seconds in steps:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(process):
                return
            time.sleep(_POLL_SECONDS)
    raise EmbeddedStartError(f"{process_name(process)} (pid {process.pid}) does not stop, not even on SIGKILL")


def tail(path: Path, start: int) -> str:
    """The last lines that were written to a log after a position, for an error message."""
    with suppress(OSError), path.open("rb") as stream:
        stream.seek(start)
        lines = stream.read(64_000).decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-12:])
    return ""
