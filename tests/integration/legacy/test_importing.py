"""Trades of an earlier system come in once, as they were; what cannot be read is refused with its line."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger import InvalidInputError, LedgerClient, PermissionDeniedError
from ledger.database import Database
from ledger.settings import load_settings
from reconcile.history.legacy import loading
from reconcile.history.legacy.checking import TradeReading
from reconcile.history.legacy.columns import choose_columns, read_pairs
from reconcile.history.legacy.loading import LegacyImport, import_trades
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.files import FileSource
from tests.all_rows import all_rows
from tests.fills import fill
from tests.logins import as_login, logins
from tests.servers import Servers
from tests.statements import statement

HEADER = ["id", "bot_id", "symbol", "side", "quantity", "entry_price", "exit_price", "exit_time", "pnl", "note"]
GOOD = ["1", "bot", "BTCUSDT", "Buy", "0.50", "100", "110.5", "2026-03-02T09:30:00Z", "5.25", "as it was"]


class Desk:
    """Imports files into an account of a database."""

    def __init__(self, database_url: str, directory: Path) -> None:
        self.url = database_url
        self._directory = directory
        with LedgerClient("bot", account="main", database_url=database_url) as client:
            self.account_id = client.register()
            client.record_fill(**fill("e1"))

    def __call__(
        self,
        rows: Sequence[Sequence[str]],
        *,
        header: Sequence[str] = HEADER,
        pairs: Sequence[str] = (),
        reading: TradeReading | None = None,
        source: str = "old",
        **options: Any,
    ) -> LegacyImport:
        file = self._directory / "trades.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([header, *rows])
        return self.of_file(file, pairs, reading or TradeReading(), source, **options)

    def of_file(
        self, file: Path, pairs: Sequence[str], reading: TradeReading, source: str = "old", **options: Any
    ) -> LegacyImport:
        mapping = read_pairs(pairs)
        rows = FileSource([str(file)], choose=lambda origin, names: choose_columns(mapping, origin, names))
        database = Database(load_settings(database_url=self.url))
        try:
            return import_trades(database, self.account_id, source, rows, reading, **options)
        finally:
            database.close()


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, tmp_path)


def stored(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    return [row for (row,) in connection.execute(statement("legacy/stored"))]


def changed(row: Sequence[str], **cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADER, row, strict=True)]


def test_a_row_is_kept_as_it_was(desk: Desk, connection: psycopg.Connection[Any]) -> None:
    before = all_rows(connection)
    made = desk([GOOD])
    assert (made.read, made.written, made.unchanged, made.conflicting, made.rejected) == (1, 1, 0, 0, 0)
    [row] = stored(connection)
    assert row["raw"] == dict(zip(HEADER, GOOD, strict=True))
    wanted = {
        "source": "old", "legacy_id": "1", "bot_id": "bot", "category": "linear", "symbol": "BTCUSDT", "side": "Buy",
        "quantity": "0.5", "entry_price": "100", "exit_price": "110.5", "net_pnl": "5.25", "gross_pnl": None,
        "exit_time": "2026-03-02T09:30:00+00:00", "position_idx": None, "commission": None,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    after = all_rows(connection)
    assert {name for name in after if after[name] != before[name]} == {"legacy_trades"}


def test_again_nothing_is_written(desk: Desk, connection: psycopg.Connection[Any]) -> None:
    rows = [changed(GOOD, id=str(n)) for n in range(5000)]
    assert desk(rows[:3000]).written == 3000  # interrupted
    made = desk(rows)
    assert (made.written, made.unchanged) == (2000, 3000)
    before = all_rows(connection)
    made = desk([changed(row, quantity="0.5000", exit_time="2026-03-02 10:30:00+01:00") for row in rows])
    assert (made.written, made.unchanged, made.conflicting) == (0, 5000, 0)
    assert all_rows(connection) == before


def test_a_row_that_changed_is_reported_and_stays(desk: Desk, connection: psycopg.Connection[Any]) -> None:
    desk([GOOD])
    before = all_rows(connection)
    made = desk([changed(GOOD, pnl="6.25", symbol="ETHUSDT")])
    assert (made.written, made.unchanged, made.conflicting) == (0, 0, 1)
    [conflict] = made.conflicts
    assert conflict.legacy_id == "1"
    assert conflict.fields == {
        "net_pnl": {"stored": "5.25", "given": "6.25"},
        "symbol": {"stored": "BTCUSDT", "given": "ETHUSDT"},
    }
    assert all_rows(connection) == before
    assert desk([changed(GOOD, pnl="6.25")], source="another").written == 1


def test_rows_without_a_key_are_known_by_their_content(desk: Desk, connection: psycopg.Connection[Any]) -> None:
    header, row = HEADER[1:], GOOD[1:]
    made = desk([row, row, changed(GOOD, pnl="7")[1:]], header=header)
    assert (made.written, made.unchanged) == (3, 0), "the earlier system's own duplicates are what is looked for"
    made = desk([changed(GOOD, pnl="7")[1:], row, row, row], header=header)
    assert (made.written, made.unchanged) == (1, 3)
    assert len(stored(connection)) == 4


@pytest.mark.parametrize(
    ("cells", "field", "rule"),
    [
        ({"quantity": "1,5"}, "quantity", "number"),
        ({"quantity": "1.234,5"}, "quantity", "number"),
        ({"quantity": "0"}, "quantity", "greater than 0"),
        ({"quantity": "NaN"}, "quantity", "number"),
        ({"quantity": ""}, "quantity", "number"),
        ({"pnl": "1_0"}, "net_pnl", "number"),
        ({"pnl": "inf"}, "net_pnl", "number"),
        ({"pnl": ""}, "net_pnl", "gross_pnl"),
        ({"entry_price": "-1"}, "entry_price", "at least 0"),
        ({"side": "Bought"}, "side", "Buy, Sell, long or short"),
        ({"side": ""}, "side", "Buy, Sell, long or short"),
        ({"exit_time": "2026-03-02 09:30:00"}, "exit_time", ""),
        ({"exit_time": "02/03/2026"}, "exit_time", ""),
        ({"exit_time": ""}, "exit_time", "not closed"),
        ({"symbol": ""}, "symbol", "text"),
        ({"bot_id": ""}, "bot_id", "text"),
        ({"note": "a\0b"}, None, ""),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_line(
    desk: Desk, connection: psycopg.Connection[Any], cells: dict[str, str], field: str | None, rule: str
) -> None:
    refused: list[Any] = []
    made = desk([GOOD, changed(GOOD, id="2", **cells), changed(GOOD, id="3")], on_reject=refused.append)
    assert (made.read, made.written, made.rejected) == (3, 2, 1)
    [reject] = made.rejects
    assert refused == [reject]
    assert (reject.line, reject.field) == (3, field)
    assert rule in reject.reason
    assert field in {"net_pnl", None} or reject.value == (cells.get(str(field)) or None)
    assert [row["legacy_id"] for row in stored(connection)] == ["1", "3"]


def test_what_rows_do_not_say_is_said_for_all(desk: Desk, connection: psycopg.Connection[Any]) -> None:
    reading = TradeReading(bot_id="bot", category="spot", timezone="Europe/Berlin", side_of="exit")
    header = ["nr", "Market", "side", "quantity", "closed", "profit", "fee_in", "fee_out"]
    pairs = ["legacy_id=nr", "symbol=market", "exit_time=closed", "gross_pnl=profit", "entry_commission=fee_in",
             "exit_commission=fee_out"]  # fmt: skip
    rows = [["1", "BTCUSDT", "sell", "1", "2026-03-02 10:30:00", "5", "0.1", "0.25"],
            ["2", "BTCUSDT", "long", "1", "1772443800", "-5e-3", "", ""]]  # fmt: skip
    made = desk(rows, header=header, pairs=pairs, reading=reading)
    assert made.written == 2
    first, second = stored(connection)
    assert (first["side"], first["category"], first["bot_id"], first["commission"]) == ("Buy", "spot", "bot", "0.35")
    assert first["exit_time"] == second["exit_time"] == "2026-03-02T09:30:00+00:00"
    assert (first["gross_pnl"], first["net_pnl"]) == ("5", None)
    assert (second["side"], second["gross_pnl"], second["commission"]) == ("Buy", "-0.005", None)


def test_json_lines_and_compression_are_read_alike(desk: Desk, tmp_path: Path) -> None:
    assert desk([GOOD]).written == 1
    row = {**dict(zip(HEADER, GOOD, strict=True)), "quantity": 0.5, "pnl": 5.25}
    file = tmp_path / "trades.jsonl.gz"
    with gzip.open(file, "wb") as opened:
        opened.write(json.dumps(row).encode() + b"\n")
    assert desk.of_file(file, (), TradeReading()).unchanged == 1
    with gzip.open(file, "wb") as opened:
        opened.write(json.dumps({**row, "id": "2", "note": "a\0b"}).encode() + b"\n")
        opened.write(json.dumps({**row, "id": "3", "note": "a\\u0000b"}).encode() + b"\n")
    made = desk.of_file(file, (), TradeReading())
    assert (made.written, [reject.line for reject in made.rejects]) == (1, [1])


def test_a_dry_run_writes_nothing(desk: Desk, connection: psycopg.Connection[Any]) -> None:
    before = all_rows(connection)
    made = desk([GOOD, changed(GOOD, quantity="x")], dry_run=True)
    assert (made.read, made.written, made.rejected) == (2, 1, 1)
    assert all_rows(connection) == before


def test_strict_writes_nothing_if_a_row_is_refused(
    desk: Desk, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever row it is, however many transactions the others take."""
    monkeypatch.setattr(loading, "_PORTION", 2)
    before = all_rows(connection)
    rows = [changed(GOOD, id=str(n), note=f"a\nb 'é' {n}") for n in range(5)]
    refused = changed(GOOD, quantity="x")
    for bad in ([refused, *rows], [*rows, refused]):
        made = desk(bad, strict=True)
        assert (made.read, made.written, made.rejected, made.dry_run) == (6, 5, 1, False)
        assert made.stopped is not None
        assert all_rows(connection) == before
    assert desk([refused], strict=True, dry_run=True).stopped is None
    sound = desk(rows, strict=True)
    assert (sound.written, sound.unchanged, sound.stopped) == (5, 0, None)
    kept = stored(connection)
    assert desk([*rows, changed(GOOD, id="9")], strict=True).written == 1
    assert desk([changed(GOOD, id="4", quantity="7"), changed(GOOD, id="8")], strict=True).conflicting == 1
    assert [row for row in stored(connection) if row in kept] == kept


def test_a_missing_column_is_named_with_a_guess(desk: Desk) -> None:
    header = ["id", "bot_id", "symbol", "side", "qty", "exit_time", "profit"]
    with pytest.raises(UnreadableSourceError, match=r"--map quantity=qty --map net_pnl=profit.*there are id, bot_id"):
        desk([], header=header)
    with pytest.raises(UnreadableSourceError, match="no column gain"):
        desk([], pairs=["net_pnl=gain"])


def test_a_source_has_a_name(desk: Desk) -> None:
    with pytest.raises(InvalidInputError, match="source"):
        desk([GOOD], source="")


def test_a_bot_s_login_imports_its_own_alone(desk: Desk, servers: Servers, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    content = io.StringIO()
    csv.writer(content).writerows([HEADER, changed(GOOD, bot_id="mine")])
    file.write_text(content.getvalue(), encoding="utf-8")
    with logins(servers.admin_url) as new_login:
        login = new_login("ledger_bot")
        url = as_login(desk.url, login)
        with LedgerClient("mine", account="main", database_url=url) as client:
            client.register()
        desk.url = url
        assert desk.of_file(file, (), TradeReading()).written == 1
        with pytest.raises(PermissionDeniedError, match="bot"):
            desk([GOOD])
