from pathlib import Path

import pytest

from ledger.errors import ConfigurationError
from reconcile.history.rows import COLUMNS
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.files import FileSource
from reconcile.history.sources.text import LONGEST
from tests.reading import CELLS, HEADER, ROW, many, read, read_text, refused


def test_every_neutral_column_comes_over_as_it_is_written(tmp_path: Path) -> None:
    values = [f"value of {name}" for name in COLUMNS]
    found = read_text(tmp_path, f"{','.join(COLUMNS)}\n{','.join(values)}\n")
    assert found.rows == [(2, dict(zip(COLUMNS, values, strict=True)))]
    assert not found.rejected


@pytest.mark.parametrize(
    "number",
    [
        "0.10",
        "1e-8",
        "5.5E-4",
        "00012.50",
        "+3",
        "-0",
        "123456789012345678901234567890.123456789012345678",
        "NaN",
        "1 000",
    ],
)
def test_numbers_are_not_touched(tmp_path: Path, number: str) -> None:
    assert read_text(tmp_path, f"{HEADER}\nBTCUSDT,Buy,{number},1,x\n").cells[0]["exec_price"] == number


def test_thousands_and_decimal_commas_stay_in_their_cell(tmp_path: Path) -> None:
    found = read_text(tmp_path, f'{HEADER}\nBTCUSDT,Buy,"1,234.50","0,1",x\n')
    assert (found.cells[0]["exec_price"], found.cells[0]["exec_qty"]) == ("1,234.50", "0,1")


def test_an_unquoted_thousands_separator_makes_a_row_too_long(tmp_path: Path) -> None:
    found = read_text(tmp_path, f"{HEADER}\n{ROW}\nBTCUSDT,Buy,1,234.50,0.1,x\n")
    assert found.lines == [2]
    assert found.reasons == [(3, "the row has 6 cells, the header 5")]
    assert found.rejected[0].value == "BTCUSDT,Buy,1,234.50,0.1,x"


def test_empty_cells_and_white_space_are_nothing(tmp_path: Path) -> None:
    found = read_text(tmp_path, f'{HEADER},exec_id,order_id\n BTCUSDT ,\tBuy,100.50,0.1, 2024-01-01T00:00:00Z,"",  \n')
    assert found.cells == [CELLS]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    assert read_text(tmp_path, f"{HEADER}\n{ROW}\n".replace(",", delimiter)).cells == [CELLS]


def test_a_delimiter_can_be_given(tmp_path: Path) -> None:
    assert read_text(tmp_path, f"{HEADER}\n{ROW}\n".replace(",", "^"), delimiter="^").cells == [CELLS]


def test_a_delimiter_that_the_header_has_not_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, f"{HEADER}\n{ROW}\n", delimiter=";")
    assert error.line == 1
    assert error.reason == "the header has one column with the delimiter ';'; with ',' it would have 5"


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "é"])
def test_what_can_be_no_delimiter_is_refused(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(ConfigurationError, match="must be one ASCII character"):
        read_text(tmp_path, ROW, delimiter=delimiter)


def test_rows_of_another_delimiter_are_rejected(tmp_path: Path) -> None:
    found = read_text(tmp_path, f"{HEADER}\n{ROW.replace(',', ';')}\n{ROW}\n")
    assert found.lines == [3]
    assert found.reasons == [(2, "the row has 1 cells, the header 5")]


@pytest.mark.parametrize("content", ["", "\n\n", "﻿", "  \r\n"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, content: str) -> None:
    assert "empty" in refused(tmp_path, content).reason


def test_a_header_without_rows_is_an_empty_history(tmp_path: Path) -> None:
    assert read_text(tmp_path, f"{HEADER}\n").rows == []
    assert read_text(tmp_path, HEADER).rows == []


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, f"{HEADER},Exec_Price\n{ROW},1\n")
    assert (error.line, error.reason) == (1, "the header names the column Exec_Price twice")


def test_missing_columns_are_named_with_those_that_there_are(tmp_path: Path) -> None:
    error = refused(tmp_path, "symbol,side,price,exec_qty\n")
    assert error.reason == (
        "no column exec_price, exec_time (perhaps --map exec_price=price); there are symbol, side, price, exec_qty"
    )


@pytest.mark.parametrize("name", ["fee", "comission", "Trade ID", "orderLinkId", "fee_currency", "commisson_asset"])
def test_a_column_that_is_likely_to_matter_is_not_left_out_without_a_word(tmp_path: Path, name: str) -> None:
    error = refused(tmp_path, f"{HEADER},{name}\n{ROW},1\n")
    assert f"is the column {name} the " in error.reason


def test_columns_that_do_not_matter_are_left_out_and_named(tmp_path: Path) -> None:
    found = read_text(tmp_path, f"{HEADER},note\n{ROW},a word\n")
    assert found.cells == [CELLS]
    assert found.source.unread == {str(tmp_path / "history"): ("note",)}


def test_nameless_columns_are_left_out(tmp_path: Path) -> None:
    assert read_text(tmp_path, f"{HEADER},,\n{ROW},,\n").cells == [CELLS]


def test_upper_and_lower_case_of_names_do_not_matter(tmp_path: Path) -> None:
    assert read_text(tmp_path, f"{HEADER.upper()}\n{ROW}\n").cells == [CELLS]


def test_id_is_the_key_of_a_row(tmp_path: Path) -> None:
    assert read_text(tmp_path, f"id,{HEADER}\n77,{ROW}\n").cells == [CELLS | {"row_id": "77"}]


def test_a_header_in_the_middle_is_named_and_is_no_row(tmp_path: Path) -> None:
    found = read_text(tmp_path, f"{HEADER}\n{ROW}\n{HEADER}\n{ROW}\n")
    assert found.lines == [2, 4]
    assert found.reasons == [(3, "the header once more, not a row: were files put together?")]


def test_blank_lines_are_no_rows_and_count_as_lines(tmp_path: Path) -> None:
    found = read_text(tmp_path, f"\n{HEADER}\n\n{ROW}\n\n\n{ROW}\n\n")
    assert found.lines == [4, 7]
    assert not found.rejected


def test_line_ends_in_quotation_marks_count_as_lines(tmp_path: Path) -> None:
    found = read_text(tmp_path, f'{HEADER},close_reason\n{ROW},"one\ntwo\nthree"\n{ROW},four\n{ROW}\n')
    assert found.lines == [2, 5]
    assert found.cells[0]["close_reason"] == "one\ntwo\nthree"
    assert [line for line, _ in found.reasons] == [6]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(tmp_path: Path, end: str) -> None:
    found = read_text(tmp_path, end.join([HEADER, ROW, "short", ROW]))
    assert (found.lines, [line for line, _ in found.reasons]) == ([2, 4], [3])
    assert found.cells == [CELLS, CELLS]


def test_doubled_quotation_marks_are_one(tmp_path: Path) -> None:
    found = read_text(tmp_path, f'{HEADER},close_reason\n{ROW},"say ""stop"""\n')
    assert found.cells[0]["close_reason"] == 'say "stop"'


@pytest.mark.parametrize("cell", ['"1"2', '""3', '"1" 2'])
def test_text_behind_a_closing_quotation_mark_is_never_joined(tmp_path: Path, cell: str) -> None:
    found = read_text(tmp_path, f"{HEADER}\n{ROW}\nBTCUSDT,Buy,{cell},0.1,x\n{ROW}\n")
    assert found.lines == [2, 4]
    assert [line for line, _ in found.reasons] == [3]
    assert "expected after" in found.rejected[0].reason


def test_a_quotation_mark_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, f'{HEADER}\n{ROW}\nBTCUSDT,"Buy,1,2,x\n{ROW}\n')
    assert (error.line, error.reason) == (3, "a quotation mark that is never closed")


def test_a_quotation_mark_that_swallows_megabytes_is_refused(tmp_path: Path) -> None:
    rows = f"{ROW}\n" * (LONGEST // len(ROW) + 1)
    error = refused(tmp_path, f'{HEADER}\n{ROW}\nBTCUSDT,"Buy,1,2,x\n{rows}')
    assert (error.line, error.reason) == (3, "a quotation mark that is never closed")


def test_a_file_without_line_ends_is_refused(tmp_path: Path) -> None:
    assert "this is not a file of lines" in refused(tmp_path, "a," * (LONGEST // 2 + 1)).reason


def test_nul_bytes_reject_their_row(tmp_path: Path) -> None:
    found = read_text(tmp_path, f"{HEADER}\n{ROW}\nBTC\0USDT,Buy,1,2,x\n{ROW}\n")
    assert found.lines == [2, 4]
    assert found.reasons == [(3, "a NUL byte")]
    assert "\0" not in (found.rejected[0].value or "")


def test_nul_bytes_in_the_header_are_another_encoding(tmp_path: Path) -> None:
    assert "UTF-16 without a byte order mark" in refused(tmp_path, f"{HEADER}\n".encode("utf-16-le")).reason


def test_rows_and_rejects_add_up_over_many_blocks(tmp_path: Path) -> None:
    lines = many(300_000).splitlines()
    for number in range(1, len(lines), 1000):
        lines[number] = "too,short"
    found = read_text(tmp_path, "\n".join(lines))
    assert len(found.done) > 2
    assert [line for line, _ in found.reasons] == list(range(2, len(lines) + 1, 1000))
    assert len(found.rows) + len(found.rejected) == 300_000
    assert all(int(row["exec_price"]) == line - 2 for line, row in found.rows)


def test_progress_is_in_bytes_of_all_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(many(40_000))
    source = FileSource([str(tmp_path / "*.csv")])
    found = read(source)
    assert source.unit == "bytes"
    assert source.total == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert found.done == sorted(found.done)
    assert found.done[-1] == source.total
    assert list(source.layouts) == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


def test_files_are_found_by_name_and_pattern_each_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a.csv", "folder/b.csv", "[c].csv"):
        (tmp_path / name).write_text(f"{HEADER}\n{ROW}\n")
    patterns = [str(tmp_path / "[c].csv"), str(tmp_path / "**" / "*.csv"), str(tmp_path / "a.csv")]
    assert len(read(FileSource(patterns)).rows) == 3


@pytest.mark.parametrize(
    ("pattern", "reason"), [("*.csv", "no such file"), ("none", "no such file"), ("", "is a folder")]
)
def test_patterns_that_fit_no_file_are_refused(tmp_path: Path, pattern: str, reason: str) -> None:
    with pytest.raises(UnreadableSourceError, match=reason):
        FileSource([str(tmp_path / pattern)])
