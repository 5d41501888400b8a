"""The program as a whole: help, errors, signals, pipes, embedded servers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import ledger
from ledger.embedded import status, stop
from ledger.embedded.lifecycle import dispose
from tests.acceptance.cli.conftest import Shell
from tests.programs import FIFOLEDGER

ROOT = Path(ledger.__file__).parents[1]
COMMANDS = (
    "demo", "up", "down", "status", "migrate", "settings", "positions", "watch", "lots", "trades", "pnl", "stats",
    "bots", "verify", "rebuild", "paper", "reconcile", "orders", "findings", "coverage", "quarantine",
)  # fmt: skip


def started(*arguments: str, **env: str) -> subprocess.Popen[str]:
    """The program in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", "from ledger.cli import main; main()", *arguments],
        env=clean | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]), "COLUMNS": "200"} | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(shell: Shell, command: str) -> None:
    answer = shell(command, "--help")

    assert answer.code == 0
    assert f"fifoledger {command}" in answer.out
    assert "Example" in answer.out
    assert "--json" in answer.out


@pytest.mark.parametrize(
    "command",
    [
        "", *COMMANDS, "serve", "login", "bots assign", "findings resolve", "quarantine apply", "accounts check",
        "import", "import files", "import table", "import bybit", "import openings",
    ],
)  # fmt: skip
def test_help_fits_80_columns(shell: Shell, command: str) -> None:
    shell.set("COLUMNS", "80")

    lines = [line.rstrip() for line in shell(*command.split(), "--help").out.partition("╭")[0].splitlines()]

    assert max(map(len, lines)) <= 79
    for line, after in pairwise(lines):
        # A line ends where the next word has no room, with its paragraph, or before an example.
        ends = not line or not after or after.startswith("   ")
        assert ends or len(f"{line} {after.split()[0]}") > 79, line


@pytest.mark.parametrize("command", ["positions", "verify", "orders", "findings", "import files", "legacy compare"])
def test_what_asks_no_exchange_does_not_wait_for_its_library(command: str) -> None:
    program = "import sys; from ledger.cli import app; app(standalone_mode=False); print('pybit' in sys.modules)"

    lines = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *command.split(), "--help"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert lines[-1] == "False"


def test_the_demo_asks_before_it_books_beside_other_accounts(days: Shell) -> None:
    refused = days("demo", stdin="n\n")
    untouched = days("status", "--json").json["database"]["ledger"]["accounts"]

    assert (refused.code, untouched) == (1, 2)
    assert "main, second" in refused.err
    assert days("demo", "--yes").code == 0
    assert days("status", "--json").json["database"]["ledger"]["accounts"] == 6
    assert days("demo", stdin="n\n").code == 1  # the others are still there


def test_commands_that_need_no_migration_do_not_load_it() -> None:
    code = "import sys, ledger.cli; sys.exit('alembic' in sys.modules or 'sqlalchemy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60).returncode == 0


def test_help_names_every_command_and_exit_code(shell: Shell) -> None:
    out = shell("--help").out

    assert all(f"│ {command} " in out for command in COMMANDS)
    assert "Exit codes: 0" in out
    assert shell().out.strip() == out.strip()


def test_version(shell: Shell) -> None:
    assert shell("--version").out.startswith("fifoledger ")


@pytest.mark.parametrize("command", ["positions", "verify", "rebuild", "trades", "watch", "migrate", "status"])
def test_an_unreachable_database_is_one_line(shell: Shell, command: str) -> None:
    shell.set("LEDGER_DATABASE_URL", "postgresql://bob:pg-secret@127.0.0.1:1/ledger")

    answer = shell(command)
    text = answer.out + answer.err

    assert answer.code == 4
    assert "Connection refused" in text
    assert "pg-secret" not in text
    assert "Traceback" not in text
    if command != "status":
        assert answer.err.startswith("error [database_unavailable]: ")
        assert answer.err.count("\n") == 1


def test_an_unreadable_url_is_a_configuration_error(shell: Shell) -> None:
    shell.set("LEDGER_DATABASE_URL", "bogus://bob:pg-secret@h")

    answer = shell("positions")

    assert answer.code == 3
    assert "error [configuration]" in answer.err
    assert "pg-secret" not in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["trades", "--since", "soon"],
        ["trades", "--since", "1d", "--until", "2d"],
        ["trades", "--limit", "-1"],
        ["stats", "--by", "mood"],
        ["lots", "--status", "lost"],
        ["postions"],
    ],
)
def test_wrong_usage(cli: Shell, arguments: list[str]) -> None:
    answer = cli(*arguments)

    assert answer.code == 2
    assert answer.out == ""
    assert "Error" in answer.err


def test_watch_looks_again(days: Shell) -> None:
    answer = days("watch", "--count", "2", "--interval", "0.1", "--json")
    looks = [json.loads(line) for line in answer.out.splitlines()]

    assert [len(look["positions"]) for look in looks] == [3, 3]
    assert looks[0]["at"] < looks[1]["at"]
    assert days("watch", "--count", "2", "--interval", "0.1").out.count("1,020,000") == 2


def test_watch_ends_cleanly_at_ctrl_c(days: Shell, database_url: str) -> None:
    process = started("watch", "--json", "--interval", "0.1", LEDGER_DATABASE_URL=database_url)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert len(first["positions"]) == 3
    assert (process.returncode, err) == (0, "")


def test_a_reader_that_goes_away_is_no_traceback(days: Shell, database_url: str) -> None:
    process = started("watch", "--json", "--interval", "0.1", LEDGER_DATABASE_URL=database_url)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=30) != 0
    assert err == ""


def test_the_program_prints_json_alone_on_stdout(days: Shell, database_url: str) -> None:
    out, err = started("verify", "--json", LEDGER_DATABASE_URL=database_url).communicate(timeout=60)

    assert json.loads(out)["ok"] is True
    assert err == ""


@pytest.fixture
def home() -> Iterator[Path]:
    """A home for embedded servers that root's servers may pass through."""
    directory = Path(tempfile.mkdtemp(prefix="fl-cli-")).resolve()
    if os.geteuid() == 0:
        directory.chmod(0o711)
    yield directory / "home"
    stop(directory / "home")
    shutil.rmtree(directory)


def test_embedded_servers_from_first_start_to_stop(shell: Shell, home: Path) -> None:
    shell.set("LEDGER_HOME", str(home))

    before = shell("status")
    assert before.code == 4
    assert "fifoledger up" in " ".join(before.out.split())
    assert not home.exists()  # to look is not to make
    assert "nothing was running" in shell("down").out

    up = shell("up", "--json")
    assert up.code == 0
    assert up.json["migrated"] is True
    assert shell("up", "--json").json["migrated"] is False
    running = shell("status", "--json")
    assert running.code == 0
    assert running.json["embedded"]["postgres_pid"] == status(home).postgres_pid
    assert running.json["cache"]["answers"] is True

    assert shell("down", "--json").json == {"home": str(home), "stopped": True}
    assert shell("status").code == 4

    assert shell("positions", "--json").json == []  # reading starts them again
    assert status(home).running


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_data_outside_a_closed_home_are_shown(shell: Shell) -> None:
    closed = Path(tempfile.mkdtemp(prefix="fl-cli-")).resolve()  # nobody else may enter it
    shell.set("LEDGER_HOME", str(closed / "home"))
    try:
        up, again = shell("up", "--json").json, shell("up")
        shown, found = shell("status"), shell("status", "--json").json["embedded"]
        down = shell("down")
        data = Path(up["data_dir"])
        assert not data.is_relative_to(closed)
        assert (data / "postgres" / "PG_VERSION").exists()
        assert found["data_dir"] == str(data)
        for answer in (again, shown, down):
            assert str(data) in answer.out
    finally:
        dispose(closed / "home")
        shutil.rmtree(closed)


def test_up_says_when_other_servers_are_in_use(shell: Shell, home: Path) -> None:
    shell.set("LEDGER_HOME", str(home))
    shell.set("LEDGER_DATABASE_URL", "postgresql://bob:pg-secret@127.0.0.1:1/ledger")

    answer = shell("up")

    assert answer.code == 0
    assert "LEDGER_DATABASE_URL is set" in answer.err
    assert "pg-secret" not in answer.out + answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("positions", "--symbol", "\udcff"),
        ("trades", "--bot", "a\nb"),
        ("trades", "--limit", "99999999999999999999"),
        ("verify", "--book", "999999999999999"),
        ("verify", "--timeout", "1e308"),
        ("watch", "--interval", "1e300"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_what_no_option_can_mean_is_a_mistake_of_the_caller(cli: Shell, arguments: tuple[str, ...]) -> None:
    answer = cli(*arguments)

    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert arguments[1] in answer.err


@pytest.mark.parametrize("url", ["abc", "http://host", "redis://host:99999999"])
def test_a_url_that_is_none_of_redis_is_refused(cli: Shell, url: str) -> None:
    cli.set("LEDGER_REDIS_URL", url)

    answer = cli("status")

    assert answer.code != 0
    assert "LEDGER_REDIS_URL" in answer.err


def test_nobody_reads_what_is_printed() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = subprocess.run(
            [*FIFOLEDGER, "settings"], stdout=writes, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is needed")
def test_what_is_printed_finds_no_room() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*FIFOLEDGER, "settings", "--json"], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert done.returncode == 4
    assert done.stderr.startswith("error [output]: ")
    assert done.stderr.count("\n") == 1
