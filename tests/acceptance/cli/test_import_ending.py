"""Whatever ends an import, nothing is left behind but what is complete, and the same command goes on from there."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ledger.database.url import to_conninfo
from reconcile.history.spilling import PREFIX, spill_folder
from tests.acceptance.cli.conftest import Shell
from tests.acceptance.cli.test_import import write
from tests.documents import ROOT
from tests.importing import account_id, tables

SAID = "interrupted: what was booked is complete and stays; the same command goes on from there\n"
ROWS = [
    (str(n), f"bot{n % 40}", "BTCUSDT", "Sell" if n % 80 > 39 else "Buy", "50000", "1.5", f"o{n}", "", "", "0.5",
     f"2024-05-01 10:{n // 60:02}:{n % 60:02}Z")
    for n in range(400)
]  # fmt: skip


def ended(number: int, thread: str, exchange: int, place: Path, *args: str) -> tuple[int, str]:
    """The exit code of a command that a signal comes to, and what it said on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ending_import", str(int(number)), thread, str(exchange), *args],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


def all_of(database_url: str) -> dict[str, list[str]]:
    with psycopg.connect(to_conninfo(database_url)) as connection:
        return tables(connection, account_id(connection, "default"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "where",
    [("MainThread", 8), ("fifoledger-import", 60), ("fifoledger-verify", 30)],
    ids=["asking", "booking", "proving"],
)
def test_a_signal(
    cli: Shell, database_url: str, make_database: Callable[[], str], number: int, where: tuple[str, int]
) -> None:
    thread, _ = where
    command = ("import", "files", write(ROWS))

    assert ended(number, *where, Path.cwd(), *command) == (128 + number, SAID)

    assert list(Path.cwd().glob(f"{PREFIX}*")) == []
    again = cli(*command, "--json")
    booked, duplicates = again.json["booked"], again.json["duplicates"]
    assert (again.code, booked + duplicates) == (0, len(ROWS))
    assert (duplicates > 0, booked > 0) == (thread != "MainThread", thread != "fifoledger-verify")
    cli.set("LEDGER_DATABASE_URL", undisturbed := make_database())
    assert cli(*command).code == 0
    assert all_of(database_url) == all_of(undisturbed)


def test_the_next_import_removes_what_a_killed_one_left(
    cli: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    command = ("import", "files", write(ROWS))

    code, _ = ended(signal.SIGKILL, "fifoledger-import", 60, tmp_path, *command)
    (left,) = tmp_path.glob(f"{PREFIX}*")
    with spill_folder() as living:  # an import that is under way
        assert not left.exists()
        assert (cli(*command).code, code) == (0, -signal.SIGKILL)
        assert list(tmp_path.glob(f"{PREFIX}*")) == [living]


def test_a_folder_of_others_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has no lock yet, and one whose lock is not a file of ours."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = [tmp_path / f"{PREFIX}{name}" for name in ("new", "odd")]
    for folder in kept:
        folder.mkdir()
    (tmp_path / "elsewhere").touch()
    (kept[1] / "owner.lock").symlink_to(tmp_path / "elsewhere")

    with spill_folder():
        assert all(folder.exists() for folder in kept)
