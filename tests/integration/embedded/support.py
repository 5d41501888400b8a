"""What the tests of the embedded servers share: child processes, connections, and a look at the machine."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import redis

import ledger.embedded

ROOT = Path(ledger.embedded.__file__).parents[2]


@dataclass(frozen=True)
class User:
    """An ordinary user, and a Python that it may run."""

    uid: int
    gid: int
    python: str


def child(code: str, *args: object, user: User | None = None, **env: str) -> subprocess.Popen[str]:
    """Start Python code in a process of its own, which finds the packages that this one finds."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in (str(ROOT), *sys.path))
    if user:
        env["LD_LIBRARY_PATH"] = str(Path(user.python).parents[1] / "lib")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "PG"))}
    return subprocess.Popen(
        [user.python if user else sys.executable, "-W", "error", "-c", code, *map(str, args)],
        cwd="/",
        env=clean | {"PYTHONPATH": path} | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


def finished(process: subprocess.Popen[str], code: int = 0) -> str:
    """Wait for a child and return what it printed; its errors are in the assertion."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    return out.strip()


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line that a child prints, while it goes on."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        finished(process)
    return line


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until a condition holds, and fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def processes_of(directory: Path) -> list[str]:
    """Command lines of live processes that name a directory or work in it (not this process)."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            command = " ".join(process.cmdline())
            if str(directory) in command or str(directory) in process.cwd():
                found.append(command)
        except psutil.Error:
            continue
    return found


def query(url: str, statement: str) -> str:
    """One value from the database, as text."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return "" if row is None else str(row[0])


def cached(url: str, key: str) -> str | None:
    """One value from Valkey."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        value = client.get(key)
        assert value is None or isinstance(value, str)
        return value


def cache(url: str, key: str, value: str) -> None:
    """Put one value into Valkey."""
    with redis.Redis.from_url(url) as client:
        client.set(key, value)
