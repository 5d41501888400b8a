import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger import LedgerClient
from ledger.cli import app
from tests.fills import fill, moment


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs `fifoledger` in a directory and an environment of the test's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(directory)
        for name, value in {"COLUMNS": "250", "NO_COLOR": "1"}.items():
            monkeypatch.setenv(name, value)

    def set(self, name: str, value: str) -> None:
        self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str, stdin: str | None = None) -> Answer:
        result = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="fifoledger")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """The command line, with no server named."""
    return Shell(monkeypatch, tmp_path)


@pytest.fixture
def cli(shell: Shell, database_url: str) -> Shell:
    """The command line on a fresh migrated database, without a cache."""
    shell.set("LEDGER_DATABASE_URL", database_url)
    return shell


def book_days(database_url: str, redis_url: str | None = None) -> None:
    """Two days of two bots on two accounts, small enough to be computed by hand.

    alpha BTCUSDT: 100 at 50 000 (fee 10), 50 at 51 000 (fee 5); after 3 h sells 120 at 53 000 (fee 12): 100 earn
    300 000 − 10 − 10 = 299 980, 20 earn 40 000 − 2 − 2 = 39 996. After 26 h sells 10 at 50 000 (fee 1): 10 lose
    10 000, −10 002 net. Left: 20 at 51 000 with 2 of commission. Funding: 3.5 paid.
    alpha BTCUSD inverse: 1000 at 50 000, 400 sold at 40 000: 400 · (1/50 000 − 1/40 000) = −0.002 BTC.
    beta ETHUSDT: short 3 at 2000 (fee 0.5 MNT), buys 5 at 2100 (fee 0.3): −300 − 0.18 (3/5 of 0.3), long 2.
    """
    with LedgerClient("alpha", account="main", database_url=database_url, redis_url=redis_url) as alpha:
        alpha.record_fills(
            [
                fill("a1", "Buy", 100, 50000, 0, commission=10),
                fill("a2", "Buy", 50, 51000, 60, commission=5),
                fill("a3", "Sell", 120, 53000, 180, commission=12, close_reason="take_profit"),
                fill("a4", "Sell", 10, 50000, 26 * 60, commission=1, close_reason="stop_loss"),
            ]
        )
        alpha.record_fill(**fill("a5", "Buy", 30, 50000, 480, commission="3.5", exec_type="Funding"))
        inverse = {"symbol": "BTCUSD", "category": "inverse", "commission": "0.00001"}
        alpha.record_fill(**fill("a6", "Buy", 1000, 50000, 0, **inverse))
        alpha.record_fill(**fill("a7", "Sell", 400, 40000, 60, **inverse, close_reason="stop_loss"))
    with LedgerClient("beta", account="second", database_url=database_url, redis_url=redis_url) as beta:
        eth = {"symbol": "ETHUSDT"}
        beta.record_fill(**fill("b1", "Sell", 3, 2000, 0, **eth, commission="0.5", commission_asset="MNT"))
        beta.record_fill(**fill("b2", "Buy", 5, 2100, 1, **eth, commission="0.3"))


@pytest.fixture
def days(cli: Shell, database_url: str) -> Shell:
    """The command line on the database of `book_days`."""
    book_days(database_url)
    return cli


FIRST_DAY, SECOND_DAY = moment(0).date().isoformat(), moment(26 * 60).date().isoformat()
