"""A dump and a restore as docs/operations.md describe them, proven by verify."""

import secrets
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.embedded import scoped
from ledger.embedded.account import choose_account
from ledger.embedded.binaries import postgres_programs
from ledger.migrate import is_current, upgrade
from ledger.settings import load_settings
from ledger.verify import Verifier
from tests.documents import ROOT
from tests.invariants import check_invariants
from tests.servers import create_database
from tests.snapshots import snapshot


@pytest.mark.parametrize("over_a_new_ledger", [False, True])
def test_a_restored_dump_is_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over_a_new_ledger: bool) -> None:
    # On the embedded server, whatever the other tests run on: pg_dump must be of the server's own version.
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert 'pg_dump --format=custom --file=ledger.dump "$LEDGER_DATABASE_URL"' in text
    assert 'pg_restore --exit-on-error --dbname="$LEDGER_DATABASE_URL" ledger.dump' in text
    assert 'pg_restore --clean --if-exists --exit-on-error --dbname="$EMBEDDED_URL" ledger.dump' in text
    with scoped() as servers:
        upgrade(servers.database_url)
        with LedgerClient("backup", database_url=servers.database_url) as bot:
            account_id = bot.register()
            _trade(bot)
        restored = create_database(servers.database_url, f"restored_{secrets.token_hex(4)}")
        programs = postgres_programs(tmp_path / "programs", choose_account(None)).directory
        dump = tmp_path / "ledger.dump"
        _run([programs / "pg_dump", "--format=custom", f"--file={dump}", servers.database_url])
        options = ["--exit-on-error"]
        if over_a_new_ledger:
            upgrade(restored)
            options = ["--clean", "--if-exists", "--exit-on-error"]
        _run([programs / "pg_restore", *options, f"--dbname={restored}", dump])
        assert is_current(restored)
        with Verifier(load_settings(database_url=restored)) as verifier:
            results = list(verifier.run(verifier.books()))
        assert [result.ok for result in results] == [True, True]
        with (
            psycopg.connect(to_conninfo(servers.database_url), autocommit=True) as before,
            psycopg.connect(to_conninfo(restored), autocommit=True) as after,
        ):
            check_invariants(after)
            assert snapshot(after, account_id) == snapshot(before, account_id)
        with LedgerClient("backup", database_url=restored) as bot:
            size = bot.get_position("BTCUSDT").size
            _trade(bot)
            assert bot.get_position("BTCUSDT").size == size == 2


def _trade(bot: LedgerClient) -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    for number, side in ((0, "Buy"), (2, "Buy"), (3, "Sell"), (4, "Buy"), (1, "Buy"), (5, "Sell")):
        bot.record_fill(
            symbol="BTCUSDT",
            side=side,
            exec_qty="1",
            exec_price=f"{50_000 + number}.25",
            commission="0.1",
            exec_time=start + timedelta(minutes=number),
            exec_id=f"backup-{number}",
        )
    bot.record_fill(
        symbol="ETHUSDT", side="Buy", exec_qty=1, exec_price=3000, commission="0.3", exec_time=start, exec_id="funding",
        exec_type="Funding",
    )  # fmt: skip


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
