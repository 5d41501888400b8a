from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reconcile.startup.report import ComparedLine, Finding, ReconciliationReport

AT = datetime(2026, 3, 2, tzinfo=UTC)
REPORT = ReconciliationReport(
    account="main",
    account_id=1,
    started_at=AT,
    status="findings",
    lines=[
        ComparedLine(
            category="linear",
            symbol="1000PEPEUSDT",
            position_idx=0,
            bots={"lxalgo_001": Decimal("123456.789"), "lxalgo_002": Decimal("-23456.7")},
            ledger_qty=Decimal("100000.089"),
            venue_qty=Decimal("100000.5"),
        )
    ],
    findings=[
        Finding(
            kind="unexplained",
            rule="neither executions nor settings of the account explain that the two sides differ",
            category="linear",
            symbol="1000PEPEUSDT",
            position_idx=0,
            bot_id="lxalgo_001",
            ledger={"qty": "100000.089", "price": "0.0123456789"},
            venue={"qty": "100000.5", "price": "0.0123456788"},
        )
    ],
)
VALUES = (
    "linear", "1000PEPEUSDT", "lxalgo_001", "123456.789", "lxalgo_002", "-23456.7", "100000.089", "100000.5", "0.411",
    "unexplained", "ledger: qty 100000.089, price 0.0123456789", "exchange: qty 100000.5, price 0.0123456788",
)  # fmt: skip


@pytest.mark.parametrize("width", [72, 80, 120, 300])
def test_a_report_fits_the_terminal_and_breaks_no_value(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = str(REPORT)

    assert max(map(len, shown.splitlines())) <= min(width, 120)
    assert [value for value in VALUES if value not in shown] == []
    assert "…" not in shown


def test_a_log_file_gets_120_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.__stdout__", None)  # as where nothing is a terminal

    assert max(map(len, str(REPORT).splitlines())) > 80
