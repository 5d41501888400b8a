import os
import signal
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from ledger.embedded import EmbeddedStartError, scoped, start, status
from tests.integration.embedded.support import (
    User,
    cache,
    cached,
    child,
    finished,
    first_line,
    processes_of,
    query,
    wait_for,
)

HOLD = """
import sys, time
from pathlib import Path
from ledger.embedded import scoped
with scoped(Path(sys.argv[1]) if len(sys.argv) > 1 else None) as servers:
    print(servers.home, flush=True)
    time.sleep(60)
"""


def supervisors() -> set[int]:
    """Pids of the supervisors that this process has started, and that still run."""
    running = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return {child.pid for child in running if "ledger.embedded.supervisor" in child.cmdline()}


def test_scoped_servers_work_and_are_deleted_at_the_end() -> None:
    with scoped(settings={"max_connections": "33", "application_name": "o'brien \\ co"}) as servers:
        assert query(servers.database_url, "SHOW max_connections") == "33"
        assert query(servers.database_url, "SHOW application_name") == "o'brien \\ co"
        assert query(servers.database_url, "SHOW fsync") == "off"
        cache(servers.redis_url, "key", "value")
        assert cached(servers.redis_url, "key") == "value"
        assert status(servers.home).running
        assert start(servers.home) == servers
    assert not servers.home.exists()
    assert processes_of(servers.home) == []


def test_scoped_servers_can_be_durable_and_end_with_an_exception(base: Path) -> None:
    home = base / "home"

    def fail() -> None:
        with scoped(home, durable=True) as servers:
            assert servers.home == home
            assert query(servers.database_url, "SHOW fsync") == "on"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not home.exists()


def test_a_home_with_anything_in_it_is_refused_and_kept(base: Path) -> None:
    (base / "precious").touch()
    before = supervisors()
    with pytest.raises(EmbeddedStartError, match="not an empty directory"), scoped(base):
        pass
    assert (base / "precious").exists()
    assert supervisors() == before


def test_a_setting_that_postgres_refuses_is_reported(base: Path) -> None:
    home = base / "home"
    with (
        pytest.raises(EmbeddedStartError, match="no_such_setting"),
        scoped(home, settings={"no_such_setting": "1"}),
    ):
        pass
    with pytest.raises(EmbeddedStartError, match="not the name"), scoped(home, settings={"a = 1\nb": "1"}):
        pass
    assert not home.exists()


def test_servers_end_within_seconds_of_their_owners_kill() -> None:
    owner = child(HOLD)
    home = Path(first_line(owner))
    assert home.is_relative_to(Path(tempfile.gettempdir()).resolve())
    assert status(home).running
    owner.kill()
    begin = time.monotonic()
    finished(owner, -signal.SIGKILL)
    wait_for(lambda: not home.exists(), 10)
    assert time.monotonic() - begin < 10
    assert processes_of(home) == []


def test_an_owner_killed_while_its_servers_start_leaves_nothing(base: Path) -> None:
    home = base / "home"
    owner = child(HOLD, home)
    wait_for(lambda: list(home.glob("postgres.new-*/base")))
    owner.kill()
    owner.communicate()
    wait_for(lambda: not home.exists())
    assert processes_of(home) == []


def test_a_forked_child_neither_ends_nor_keeps_the_servers(base: Path) -> None:
    home = base / "home"
    code = """
import os, sys, time
from pathlib import Path
from ledger.embedded import scoped, status
home = Path(sys.argv[1])
with scoped(home) as servers:
    leaves = os.fork()
    if leaves == 0:
        raise SystemExit(0)
    os.waitpid(leaves, 0)
    assert status(home).running
    stays = os.fork()
    if stays == 0:
        time.sleep(30)
        os._exit(0)
    print(stays, flush=True)
    time.sleep(60)
"""
    owner = child(code, home)
    heir = int(first_line(owner))
    try:
        owner.kill()
        owner.wait()
        wait_for(lambda: not home.exists())
        assert psutil.pid_exists(heir)
    finally:
        os.kill(heir, signal.SIGKILL)
        owner.communicate()


def test_a_killed_supervisor_is_stood_in_for_by_the_owner(base: Path) -> None:
    home = base / "home"
    before = supervisors()
    with scoped(home) as servers:
        (supervisor,) = supervisors() - before
        os.kill(supervisor, signal.SIGKILL)
        assert query(servers.database_url, "SELECT 1") == "1"
    assert not home.exists()
    assert processes_of(home) == []


def test_a_terminated_supervisor_cleans_up(base: Path) -> None:
    home = base / "home"
    before = supervisors()
    with scoped(home):
        (supervisor,) = supervisors() - before
        os.kill(supervisor, signal.SIGTERM)
        wait_for(lambda: not home.exists())
    assert processes_of(home) == []


def test_what_a_killed_supervisor_and_owner_leave_is_swept_up_by_the_next() -> None:
    owner = child(HOLD)
    home = Path(first_line(owner))
    (supervisor,) = psutil.Process(owner.pid).children()
    supervisor.kill()
    owner.kill()
    owner.communicate()
    assert status(home).running
    old = time.time() - 3600
    os.utime(home, (old, old))
    with scoped() as servers:
        wait_for(lambda: not home.exists(), 60)
        assert status(servers.home).running
    assert processes_of(home) == []


def test_an_ordinary_user_has_scoped_servers(base: Path, ordinary_user: User) -> None:
    temporary = base / "tmp"
    temporary.mkdir()
    os.chown(temporary, ordinary_user.uid, -1)
    owner = child(HOLD, user=ordinary_user, TMPDIR=str(temporary), HOME=str(temporary))
    home = Path(first_line(owner))
    assert home.parent == temporary
    assert status(home).running
    owner.kill()
    finished(owner, -signal.SIGKILL)
    wait_for(lambda: not home.exists())
    assert list(temporary.iterdir()) == []
