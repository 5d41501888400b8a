"""The command line: whatever is typed, it ends with one of its exit codes, and nothing steers a terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import psycopg
from hypothesis import strategies as st
from typer.testing import CliRunner

from ledger import LedgerClient
from ledger.cli import app
from ledger.cli.exits import ExitCode
from ledger.database.url import to_conninfo
from tests.all_rows import all_rows
from tests.faults.hostile.target import Check, Target
from tests.fills import fill
from tests.servers import Servers, new_ledger

_DATABASE = "fifoledger_hostile_commands"
# Those that neither start something nor wait: what they do is theirs to be asked with any argument.
_COMMANDS: tuple[list[str], ...] = (
    ["positions"], ["lots"], ["trades"], ["pnl"], ["stats"], ["bots"], ["verify"], ["orders"], ["findings"],
    ["coverage"],
    ["quarantine"], ["settings"], ["accounts"], ["bots", "assign"], ["findings", "resolve"], ["findings", "show"],
    ["quarantine", "show"], ["quarantine", "apply"], ["import", "files"], ["import", "table"], ["rebuild"], ["legacy"],
    ["login", "--for"], ["nonsense"], [],
)  # fmt: skip
_OPTIONS = (
    "--bot", "--symbol", "--account", "--category", "--since", "--until", "--limit", "--json", "--wide", "--reason",
    "--order", "--book", "--kind", "--status", "--encoding", "--delimiter", "--format", "--timezone", "--map",
    "--label",
    "--dry-run", "--mapping", "--rejects", "--from-database", "--note", "--as", "--jobs", "-h", "--version", "--", "-x",
)  # fmt: skip
TEXTS = (
    "", " ", "'", '"', "'; DROP TABLE trading.fills; --", "%(bot_id)s", "%s", "%", "$1", "\\", "{}", "[red]x[/red]",
    "[/]",
    "\x1b[2J", "\x9b1m", "\u202eTDSU", "\udcff", "a\nb", "x" * 300, "-1", "0", "9" * 30, "1e400", "NaN", "\u0661",
    "bot", "BTCUSDT", "main", "linear", "2026-03-02", "9999-12-31T23:59:59.999999", "0001-01-01", "999999999d", "1d",
    "trading.fills", 'trading."fills"', "pg_catalog.pg_authid", "a.b.c.d", "/dev/null", "/", "-", "*",
    "/proc/self/environ",
    "hex", "utf-16", "postgresql://u:p@/x?host=/nowhere", "external", "1", "1970-01-01T00:00:00+25:00", "symbol=",
    "a=b",
)  # fmt: skip
lines = st.tuples(
    st.sampled_from(_COMMANDS),
    st.lists(st.sampled_from(_OPTIONS) | st.sampled_from(TEXTS) | st.text(max_size=8), max_size=5),
).map(lambda parts: [*parts[0], *parts[1]])


@contextmanager
def _shell(servers: Servers | None) -> Iterator[Check]:
    assert servers is not None
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "BYBIT_", "SERVICE_"))}
    with new_ledger(servers.admin_url, _DATABASE) as url:
        ours = {**kept, "LEDGER_DATABASE_URL": url, "LEDGER_CONNECT_TIMEOUT": "2", "COLUMNS": "200", "NO_COLOR": "1"}
        with LedgerClient("bot", account="main", database_url=url) as client:
            client.record_fills([fill("e1"), fill("e2", "Sell", at=1)])
        with psycopg.connect(to_conninfo(url), autocommit=True) as connection, patch.dict(os.environ, ours, clear=True):
            yield lambda arguments: run(arguments, connection)


def run(arguments: list[str], connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """One command line, which ends in order."""
    before = all_rows(connection)["fills"]
    result = CliRunner().invoke(app, arguments, input="", prog_name="fifoledger")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in {int(code) for code in ExitCode}, result.exit_code
    assert result.exit_code == ExitCode.OK or result.output.strip()
    assert not set(result.stdout) & set("\x1b\x9b\u202e\0"), result.stdout
    assert all_rows(connection)["fills"] == before


COMMANDS = (Target("cli", "arguments of the command line", _shell, lines, serves=True),)
