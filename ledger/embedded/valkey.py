import os
import signal
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ledger.embedded import processes
from ledger.embedded.binaries import valkey_programs
from ledger.embedded.errors import EmbeddedStartError
from ledger.embedded.files import make_private, opened_log, write_atomic
from ledger.embedded.layout import Layout

# The configuration makes SIGTERM the same as SHUTDOWN SAVE, and it also works with a lost socket.
_STOP = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 10.0))
_CONFIG = """\
port 0
unixsocket {socket}
unixsocketperm 700
dir {directory}
pidfile {pidfile}
daemonize no
set-proc-title no
databases 64
appendonly no
save ""
shutdown-on-sigterm save force
"""


def ensure(layout: Layout) -> str:
    """Have Valkey running and answering; return its version.

    Raises:
        EmbeddedStartError: it does not start; the message ends with its last words.
        EmbeddedUnavailableError: the program is missing or does not run here.
    """
    while (process := find(layout)) is not None:
        if _answers(layout, process):
            break
        processes.end(process, _STOP)
    else:
        _start(layout)
    # The saved keys are loaded by now. Kept, they would come back after a later crash as values long
    # outdated; after a crash the cache is to begin empty.
    (layout.valkey_data / "dump.rdb").unlink(missing_ok=True)
    try:
        with _client(layout) as client:
            return str(client.info("server")["valkey_version"])
    except redis.RedisError as error:
        raise EmbeddedStartError(f"Valkey was started, but has ended again: {error}") from error


def find(layout: Layout) -> psutil.Process | None:
    """The Valkey process of this home, if it runs."""
    config = str(_config_path(layout))

    def uses_config(process: psutil.Process) -> bool:
        # Also the shell that is just about to become the server.
        command = process.cmdline()
        return config in command and any(Path(word).name == "valkey-server" for word in command)

    return processes.find(layout.account, _noted_pid(layout.valkey_data / "valkey.pid"), uses_config)


def stop(layout: Layout) -> None:
    """Stop Valkey with its keys saved for the next start.

    Raises:
        EmbeddedStartError: it does not end.
    """
    process = find(layout)
    if process is not None:
        processes.end(process, _STOP)


def _start(layout: Layout) -> None:
    programs = valkey_programs(layout.program_cache, layout.account)
    make_private(layout.valkey_data, layout.account)
    config = _CONFIG.format(
        socket=_quoted(layout.valkey_socket),
        directory=_quoted(layout.valkey_data),
        pidfile=_quoted(layout.valkey_data / "valkey.pid"),
    )
    write_atomic(_config_path(layout), config, account=layout.account)
    log_path = layout.logs / "valkey.log"
    with opened_log(log_path) as log:
        begin = os.fstat(log).st_size
        command = [str(programs.directory / "valkey-server"), str(_config_path(layout))]
        pid = processes.launch(command, layout.account, log)
    try:
        answering = _answers(layout, psutil.Process(pid))
    except psutil.NoSuchProcess:
        answering = False
    if not answering:
        raise EmbeddedStartError(f"Valkey ended at its start; {log_path} says:\n{processes.tail(log_path, begin)}")


def _answers(layout: Layout, process: psutil.Process) -> bool:
    def ping() -> bool:
        try:
            with _client(layout) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    return processes.answers(process, ping, layout.valkey_socket)


def _client(layout: Layout) -> redis.Redis:
    # Whoever waits for the server asks again by itself.
    once = Retry(NoBackoff(), 0)
    return redis.Redis(unix_socket_path=str(layout.valkey_socket), socket_timeout=5, retry=once)


def _config_path(layout: Layout) -> Path:
    return layout.place / "valkey.conf"


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _noted_pid(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
