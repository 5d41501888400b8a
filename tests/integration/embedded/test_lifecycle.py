import os
import signal
import stat
from pathlib import Path

import psutil
import pytest

from ledger.embedded import EmbeddedStartError, EmbeddedVersionError, start, status, stop
from tests.integration.embedded.support import User, cache, cached, child, finished, query


def test_start_gives_working_servers_and_attaches_the_second_time(fresh_home: Path) -> None:
    servers = start(fresh_home)
    first = status(fresh_home)
    assert servers.home == fresh_home
    assert query(servers.database_url, "SELECT current_database() || ' ' || current_user") == "ledger postgres"
    cache(servers.redis_url, "key", "value")
    assert cached(servers.redis_url, "key") == "value"

    assert start(fresh_home) == servers
    assert status(fresh_home) == first
    assert first.running
    assert (first.database_url, first.redis_url) == (servers.database_url, servers.redis_url)
    assert (first.postgres_version, first.redis_version) == (servers.postgres_version, servers.redis_version)
    assert query(servers.database_url, "SHOW server_version") == servers.postgres_version


def test_data_outlive_a_clean_stop(home: Path) -> None:
    servers = start(home)
    query(servers.database_url, "CREATE TABLE kept AS SELECT 42 AS value")
    cache(servers.redis_url, "key", "value")
    stop(home)
    stop(home)
    stopped = status(home)
    assert not stopped.running
    assert (stopped.postgres_pid, stopped.redis_pid, stopped.database_url) == (None, None, None)

    again = start(home)
    assert query(again.database_url, "SELECT value FROM kept") == "42"
    assert cached(again.redis_url, "key") == "value"


def test_shared_servers_are_durable_private_and_without_network(home: Path) -> None:
    servers = start(home)
    shown = status(home)
    settings = [query(servers.database_url, f"SHOW {name}") for name in ("fsync", "synchronous_commit")]
    assert settings == ["on", "on"]
    assert query(servers.database_url, "SHOW listen_addresses") == ""
    assert query(servers.database_url, "SHOW max_connections") == "200"
    for pid in (shown.postgres_pid, shown.redis_pid):
        assert pid is not None
        process = psutil.Process(pid)
        assert process.net_connections(kind="inet") == []
        assert process.uids().real != 0
    for name in ("postgres", "valkey", "run"):
        found = (shown.data_dir / name).stat()
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert found.st_uid == psutil.Process(shown.postgres_pid).uids().real


def test_status_and_stop_of_an_unused_home_create_nothing(base: Path) -> None:
    unused = base / "unused"
    assert not status(unused).running
    stop(unused)
    assert not unused.exists()
    unused.mkdir()
    assert not status(unused).running
    stop(unused)
    assert list(unused.iterdir()) == []


def test_home_comes_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_HOME", str(home))
    assert start().home == home
    assert status().running
    stop()
    assert not status(home).running


def test_two_processes_starting_at_once_share_one_pair(fresh_home: Path) -> None:
    code = "import sys; from pathlib import Path; from ledger.embedded import start;print(start(Path(sys.argv[1])))"
    racing = [child(code, fresh_home) for _ in range(2)]
    printed = [finished(process) for process in racing]
    assert printed[0] == printed[1]
    shown = status(fresh_home)
    assert shown.running
    assert printed[0] == str(start(fresh_home))
    assert status(fresh_home) == shown


def test_a_starter_killed_after_the_start_leaves_servers_that_stop_finds(home: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from ledger.embedded import start;"
        "start(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    finished(child(code, home), -signal.SIGKILL)
    shown = status(home)
    assert shown.running
    assert query(start(home).database_url, "SELECT 1") == "1"
    assert status(home) == shown
    stop(home)
    assert not status(home).running


def test_data_of_another_major_version_are_refused_untouched(home: Path) -> None:
    start(home)
    stop(home)
    marker = status(home).data_dir / "postgres" / "PG_VERSION"
    current = marker.read_text()
    marker.write_text("13\n")
    try:
        with pytest.raises(EmbeddedVersionError, match=r"PostgreSQL 13, .* need data of \d+.*pip install"):
            start(home)
        assert marker.read_text() == "13\n"
        assert status(home).postgres_pid is None
    finally:
        marker.write_text(current)
    assert start(home).postgres_version.startswith(current.strip())


def test_a_start_that_fails_shows_the_last_words_of_the_server(home: Path) -> None:
    start(home)
    stop(home)
    data = status(home).data_dir / "postgres"
    (data / "global" / "pg_control").rename(data / "global" / "aside")
    try:
        with pytest.raises(EmbeddedStartError, match=r"(?s)PostgreSQL ended at its start; .*pg_control"):
            start(home)
    finally:
        (data / "global" / "aside").rename(data / "global" / "pg_control")
    assert query(start(home).database_url, "SELECT 1") == "1"


def test_an_ordinary_user_has_servers_of_its_own(base: Path, ordinary_user: User) -> None:
    own = base / "own"
    own.mkdir()
    os.chown(own, ordinary_user.uid, -1)
    code = """
import os
from pathlib import Path
from ledger.embedded import start, status, stop
assert os.getuid() == {uid}
servers = start()
assert status().running and servers.home == Path(os.environ["LEDGER_HOME"])
assert start() == servers
assert servers.home.stat().st_uid == {uid} and servers.home.stat().st_mode & 0o077 == 0
stop(); stop()
assert not status().running
start()
print(servers.database_url)
"""
    environment = {"HOME": str(own), "LEDGER_HOME": str(own / "servers")}
    again = "from ledger.embedded import start; print(start().database_url)"
    try:
        url = finished(child(code.format(uid=ordinary_user.uid), user=ordinary_user, **environment))
        # Root looks after another user's servers as well, and that user goes on afterwards.
        assert query(url, "SELECT 1") == "1"
        assert status(own / "servers").running
        stop(own / "servers")
        start(own / "servers")
        stop(own / "servers")
        assert finished(child(again, user=ordinary_user, **environment)) == url
    finally:
        stop(own / "servers")


def test_a_home_of_somebody_else_is_refused(base: Path, ordinary_user: User) -> None:
    taken = base / "taken"
    taken.mkdir(mode=0o777)
    code = """
import sys
from pathlib import Path
from ledger.embedded import EmbeddedStartError, start
try:
    start(Path(sys.argv[1]))
except EmbeddedStartError as error:
    print(error)
"""
    assert "belongs to user 0" in finished(child(code, taken, user=ordinary_user))
    assert "cannot" in finished(child(code, "/root/fifoledger-home/of/root", user=ordinary_user))
