import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from ledger.embedded import start, status, stop
from tests.integration.embedded.support import cache, cached, child, finished, processes_of, query, wait_for

START = "import sys; from pathlib import Path; from ledger.embedded import start; start(Path(sys.argv[1]))"


def kill(pid: int | None) -> None:
    assert pid is not None
    process = psutil.Process(pid)
    process.kill()
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def test_a_start_killed_in_the_middle_of_initdb_is_made_good(fresh_home: Path) -> None:
    starter = child(START, fresh_home)
    wait_for(lambda: list(fresh_home.glob("postgres.new-*/base")))
    starter.kill()
    finished(starter, -signal.SIGKILL)
    assert not (fresh_home / "postgres").exists()
    servers = start(fresh_home)
    assert query(servers.database_url, "SELECT 1") == "1"
    assert list(fresh_home.glob("postgres.new-*")) == []


def test_a_start_killed_while_postgres_starts_is_made_good(fresh_home: Path) -> None:
    starter = child(START, fresh_home)
    wait_for((fresh_home / "postgres" / "PG_VERSION").exists)
    starter.kill()
    starter.communicate()
    servers = start(fresh_home)
    assert query(servers.database_url, "SELECT 1") == "1"
    cache(servers.redis_url, "key", "value")
    stop(fresh_home)
    assert processes_of(fresh_home) == []


def test_killed_postgres_recovers_with_every_commit(home: Path) -> None:
    servers = start(home)
    query(servers.database_url, "CREATE TABLE committed AS SELECT 42 AS value")
    before = status(home)
    kill(before.postgres_pid)
    assert not status(home).running
    assert query(start(home).database_url, "SELECT value FROM committed") == "42"
    after = status(home)
    assert after.postgres_pid != before.postgres_pid
    assert after.redis_pid == before.redis_pid


def busy_backend(url: str) -> threading.Thread:
    """Keep one backend in a loop that does not look for the death of its main process."""

    def loop() -> None:
        with suppress(psycopg.Error), psycopg.connect(url) as connection:
            connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")

    thread = threading.Thread(target=loop)
    thread.start()
    wait_for(lambda: query(url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'") == "1")
    return thread


@pytest.mark.parametrize("action", [start, stop])
def test_a_backend_that_outlives_postgres_is_ended(home: Path, action: object) -> None:
    servers = start(home)
    thread = busy_backend(servers.database_url)
    kill(status(home).postgres_pid)
    if action is start:
        assert query(start(home).database_url, "SELECT 1") == "1"
    else:
        stop(home)
        assert processes_of(home) == []
    thread.join(10)
    assert not thread.is_alive()


def test_killed_valkey_begins_empty_instead_of_outdated(home: Path) -> None:
    cache(start(home).redis_url, "size", "old")
    stop(home)
    servers = start(home)
    assert cached(servers.redis_url, "size") == "old"
    cache(servers.redis_url, "size", "new")
    kill(status(home).redis_pid)
    assert cached(start(home).redis_url, "size") is None


def test_pid_files_that_name_another_process_do_not_mislead(home: Path) -> None:
    start(home)
    shown = status(home)
    # The state after a reboot: the files are there, and their pids belong to others now.
    noted = (shown.data_dir / "postgres" / "postmaster.pid").read_text()
    kill(shown.postgres_pid)
    kill(shown.redis_pid)
    bystander = child("import time; time.sleep(60)")
    try:
        lines = noted.splitlines()
        (shown.data_dir / "postgres" / "postmaster.pid").write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        (shown.data_dir / "valkey" / "valkey.pid").write_text(f"{bystander.pid}\n")
        assert not status(home).running
        stop(home)
        assert query(start(home).database_url, "SELECT 1") == "1"
        assert status(home).running
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.communicate()


def test_lost_notes_and_a_lost_socket_do_not_hide_running_servers(home: Path) -> None:
    start(home)
    before = status(home)
    for name in ("servers.json", "valkey/valkey.pid", "run/.s.PGSQL.5432"):
        (home / name).unlink()
    lost = status(home)
    assert (lost.postgres_pid, lost.redis_pid) == (before.postgres_pid, before.redis_pid)
    servers = start(home)
    assert query(servers.database_url, "SELECT 1") == "1"
    after = status(home)
    assert after.running
    assert (after.postgres_pid != before.postgres_pid, after.redis_pid) == (True, before.redis_pid)


def test_servers_of_a_deleted_home_are_found(base: Path, fresh_home: Path) -> None:
    home = fresh_home
    start(home)
    home.rename(base / "moved")
    assert status(home).running
    stop(home)
    assert not status(home).running
    assert not home.exists()


def test_a_stop_killed_in_the_middle_is_finished_by_the_next(home: Path) -> None:
    start(home)
    stopper = child(START.replace("start", "stop"), home)
    shown = status(home)
    wait_for(lambda: not psutil.pid_exists(shown.postgres_pid or 0) or status(home).postgres_pid is None)
    os.kill(stopper.pid, signal.SIGKILL)
    stopper.communicate()
    stop(home)
    assert processes_of(home) == []


def test_servers_that_a_killed_stop_has_told_to_end_are_not_handed_out(home: Path) -> None:
    start(home)
    before = status(home)
    stopper = child(
        "import os, signal, sys; from pathlib import Path; import psutil\n"
        "from ledger.embedded import stop\n"
        "psutil.Process.send_signal = lambda process, number: os.kill(os.getpid(), signal.SIGKILL)\n"
        "stop(Path(sys.argv[1]))",
        home,
    )
    finished(stopper, -signal.SIGKILL)
    start(home)
    after = status(home)
    assert after.running
    assert after.postgres_pid != before.postgres_pid
    assert after.redis_pid != before.redis_pid
