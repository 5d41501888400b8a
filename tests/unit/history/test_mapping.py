from pathlib import Path

import pytest

from ledger.errors import ConfigurationError
from reconcile.history.sources.mapping import ColumnMapping, add_columns, read_mapping
from tests.reading import CELLS, HEADER, ROW, read_text, refused

FILE = """
ignore = ["fee_rate"]

[columns]
symbol = "Pair"
side = "B/S"
exec_price = "Price"
exec_qty = "Amount"
exec_time = "When"
commission = "Fee"

[values.side]
B = "Buy"
S = "Sell"

[values.symbol]
"BTC-USDT" = "BTCUSDT"

[constants]
category = "spot"
bot_id = "lxalgo_001"
"""


def mapping_of(folder: Path, text: str) -> ColumnMapping:
    path = folder / "mapping.toml"
    path.write_text(text)
    return read_mapping(path)


def test_a_mapping_file_names_columns_values_and_constants(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, FILE)
    content = (
        "Pair;B/S;Price;Amount;When;Fee;fee_rate;exec_id\nBTC-USDT;B;1.0;2;now;0.1;3;e1\nETHUSDT;X;1;2;then;;;e2\n"
    )
    found = read_text(tmp_path, content, mapping=mapping)
    assert found.cells == [
        {
            "symbol": "BTCUSDT",
            "side": "Buy",
            "exec_price": "1.0",
            "exec_qty": "2",
            "exec_time": "now",
            "commission": "0.1",
            "exec_id": "e1",
            "category": "spot",
            "bot_id": "lxalgo_001",
        },
        {
            "symbol": "ETHUSDT",
            "side": "X",
            "exec_price": "1",
            "exec_qty": "2",
            "exec_time": "then",
            "exec_id": "e2",
            "category": "spot",
            "bot_id": "lxalgo_001",
        },
    ]


def test_a_constant_stands_for_a_column_that_is_missing_or_says_otherwise(tmp_path: Path) -> None:
    mapping = ColumnMapping(constants={"symbol": "BTCUSDT", "side": "Sell"})
    found = read_text(tmp_path, "side,exec_price,exec_qty,exec_time\nBuy,1,2,now\n", mapping=mapping)
    assert found.cells == [
        {"symbol": "BTCUSDT", "side": "Sell", "exec_price": "1", "exec_qty": "2", "exec_time": "now"}
    ]


def test_a_column_that_the_mapping_names_and_the_file_has_not_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, f"{HEADER}\n{ROW}\n", mapping=ColumnMapping(columns={"commission": "Fee"}))
    assert error.reason.startswith("no column Fee; there are symbol, side")


def test_what_is_ignored_is_not_asked_about(tmp_path: Path) -> None:
    mapping = ColumnMapping(ignored=("fee", "exec_id"))
    assert read_text(tmp_path, f"{HEADER},fee,exec_id\n{ROW},1,2\n", mapping=mapping).cells == [CELLS]


def test_what_is_to_be_ignored_must_be_there(tmp_path: Path) -> None:
    error = refused(tmp_path, f"{HEADER},fee\n{ROW},1\n", mapping=ColumnMapping(ignored=("fees",)))
    assert error.reason.startswith("no column fees; there are symbol, side")


def test_one_column_may_serve_twice(tmp_path: Path) -> None:
    mapping = ColumnMapping(columns={"order_id": "exec_id"})
    (cells,) = read_text(tmp_path, f"{HEADER},exec_id\n{ROW},e1\n", mapping=mapping).cells
    assert (cells["order_id"], cells["exec_id"]) == ("e1", "e1")


def test_pairs_of_the_command_line_go_on_top(tmp_path: Path) -> None:
    mapping = add_columns(mapping_of(tmp_path, FILE), ["symbol=Market", " bot_id = Bot "])
    assert mapping.columns["symbol"] == "Market"
    assert mapping.columns["bot_id"] == "Bot"
    assert mapping.constants == {"category": "spot"}
    assert mapping.values["side"] == {"B": "Buy", "S": "Sell"}
    assert mapping.ignored == ("fee_rate",)


@pytest.mark.parametrize("pair", ["symbol", "symbol=", "=x"])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(ConfigurationError):
        add_columns(ColumnMapping(), [pair])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[columns", "is not TOML"),
        ("[column]\nsymbol = 'x'", "column is none of columns, values, constants, ignore"),
        ("[columns]\nprice = 'x'", "columns: price is none of symbol, side"),
        ("[columns]\nsymbol = 7", 'columns: symbol = 7 must be text, in quotation marks: "7"'),
        ("[values]\nside = 'x'", "values.side must be a table"),
        ("[values.sides]\nB = 'Buy'", "values: sides is none of"),
        ("columns = 'x'", "columns must be a table"),
        ("[constants]\nposition_idx = 0", "constants: position_idx = 0 must be text"),
        ("ignore = 'fee'", "ignore must be a list of column names"),
        ("[columns]\nsymbol = 'x'\n[constants]\nsymbol = 'y'", "symbol has both a column and a constant"),
    ],
)
def test_what_is_wrong_in_a_mapping_file_is_said(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as info:
        mapping_of(tmp_path, text)
    assert reason in str(info.value)
    assert "mapping.toml" in str(info.value)


def test_a_mapping_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        read_mapping(tmp_path / "none.toml")
