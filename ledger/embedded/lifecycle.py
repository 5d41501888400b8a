from dataclasses import replace
from pathlib import Path

from ledger.embedded import postgres, valkey
from ledger.embedded.errors import EmbeddedStartError
from ledger.embedded.files import make_own, remove_tree, write_atomic
from ledger.embedded.layout import (
    Layout,
    check_home,
    forget_sockets,
    locate,
    locked,
    read_record,
    resolve_home,
    settle,
    write_record,
)
from ledger.embedded.model import Profile, Servers, ServerStatus

# Name of the file that is in a home while its servers are being stopped.
_STOPPING = "stopping"


def start(home: Path | None, profile: Profile) -> Servers:
    """Have both servers of a home running: attach to what runs, start the rest."""
    home = resolve_home(home)
    check_home(home)
    make_own(home)
    with locked(home):
        try:
            if (home / _STOPPING).exists():
                # A stop was killed after its signals: servers that still answer are about to end.
                _stop(locate(home))
            layout = settle(home)
            postgres_version = postgres.ensure(layout, profile)
            redis_version = valkey.ensure(layout)
            record = read_record(home)
            if record is not None:
                write_record(home, replace(record, postgres_version=postgres_version, redis_version=redis_version))
        except OSError as error:
            raise EmbeddedStartError(f"cannot prepare the servers in {home}: {error}") from error
    return Servers(layout.database_url(), layout.redis_url, home, postgres_version, redis_version)


def stop(home: Path | None) -> None:
    """Stop both servers of a home, if they run."""
    home = resolve_home(home)
    check_home(home)
    if not (home / "lock").exists():
        # Never used, or deleted under its servers: nothing to lock, but they may still run.
        _stop(locate(home))
        return
    with locked(home):
        _stop(locate(home))


def status(home: Path | None) -> ServerStatus:
    """Look at the process table and at the home's record."""
    home = resolve_home(home)
    layout, record = locate(home), read_record(home)
    postgres_process, valkey_process = postgres.find(layout), valkey.find(layout)
    return ServerStatus(
        home=home,
        data_dir=layout.place,
        log_dir=layout.logs,
        postgres_pid=postgres_process.pid if postgres_process else None,
        postgres_version=record.postgres_version if record else None,
        database_url=layout.database_url() if postgres_process else None,
        redis_pid=valkey_process.pid if valkey_process else None,
        redis_version=record.redis_version if record else None,
        redis_url=layout.redis_url if valkey_process else None,
    )


def dispose(home: Path) -> None:
    """Stop both servers of a temporary home and delete it with everything that belongs to it."""
    stop(home)
    layout = locate(home)
    if layout.place != home:
        remove_tree(layout.place)
    remove_tree(home)


def _stop(layout: Layout) -> None:
    marker = layout.home / _STOPPING
    if (layout.home / "lock").exists():
        write_atomic(marker, "")
    # PostgreSQL first, so that no commit can come after the cache was saved.
    postgres.stop(layout)
    valkey.stop(layout)
    forget_sockets(layout)
    marker.unlink(missing_ok=True)
