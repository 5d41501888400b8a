import json
from pathlib import Path

import pytest

from tests.reading import CELLS, gzipped, read_text, refused

OBJECT = json.dumps(CELLS)


@pytest.mark.parametrize(
    "number", ["0.10", "1e-8", "1E+2", "-0", "123456789012345678901234567890.123456789012345678901234567890", "100"]
)
def test_numbers_come_over_as_they_are_written(tmp_path: Path, number: str) -> None:
    found = read_text(tmp_path, OBJECT.replace('"100.50"', number) + "\n")
    assert found.cells == [CELLS | {"exec_price": number}]


def test_other_values_are_text_too(tmp_path: Path) -> None:
    line = OBJECT[:-1] + ', "is_maker": false, "seq": 12, "order_id": null, "close_reason": ""}'
    assert read_text(tmp_path, line).cells == [CELLS | {"is_maker": "false", "seq": "12"}]


def test_keys_may_come_and_go(tmp_path: Path) -> None:
    found = read_text(tmp_path, f'{OBJECT}\n{OBJECT[:-1]}, "commission": 0.5}}\n{{"note": 1}}\n')
    assert found.cells == [CELLS, CELLS | {"commission": "0.5"}, {}]


def test_a_commission_that_comes_late_is_read(tmp_path: Path) -> None:
    late = f'{OBJECT[:-1]}, "commission": 0.5}}\n'
    found = read_text(tmp_path, f"{OBJECT}\n" * 200_000 + late)
    assert len(found.done) > 1
    assert found.rows[-1] == (200_001, CELLS | {"commission": "0.5"})


def test_objects_without_keys_are_rejected(tmp_path: Path) -> None:
    found = read_text(tmp_path, "{}\n\n{}\n", file_format="jsonl")
    assert found.reasons == [(1, "an object without keys"), (3, "an object without keys")]
    assert read_text(tmp_path, f"{OBJECT}\n{{}}\n").rows == [(1, CELLS), (2, {})]


def test_a_key_that_comes_late_and_is_likely_to_matter_is_asked_about(tmp_path: Path) -> None:
    error = refused(tmp_path, f"{OBJECT}\n" * 200_000 + f'{OBJECT[:-1]}, "fee": 0.5}}\n')
    assert "is the column fee the commission?" in error.reason


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("[1, 2]", None, "an object is needed"),
        ("12", None, "an object is needed"),
        ("no JSON", None, "not a JSON object: Expecting value: line 1 column 1 (char 0)"),
        (OBJECT[:-1], None, "not a JSON object: Expecting ',' delimiter"),
        (f"{OBJECT},{OBJECT}", None, "not a JSON object: Extra data"),
        (OBJECT.replace('"100.50"', "NaN"), None, "NaN is no number"),
        (OBJECT.replace('"100.50"', "-Infinity"), None, "-Infinity is no number"),
        (OBJECT.replace('"100.50"', "1,5"), None, "not a JSON object"),
        (OBJECT.replace('"100.50"', "[1]"), "exec_price", "an object or a list, where a plain value is needed"),
        (OBJECT.replace('"100.50"', '{"a": 1}'), "exec_price", "an object or a list, where a plain value is needed"),
        (OBJECT[:-1] + ', "exec_price": 7}', "exec_price", "the object has the key exec_price twice"),
        (OBJECT.replace("BTC", "BTC\\u0000"), "symbol", "a NUL character"),
        (OBJECT.replace("BTC", "\\ud83d"), None, "not a JSON object"),
        (OBJECT.replace("BTC", "\t"), None, "not a JSON object: Invalid control character"),
        ("[" * 100_000, None, "not a JSON object"),
    ],
)
def test_what_is_no_row_is_rejected_with_its_line(tmp_path: Path, line: str, field: str | None, reason: str) -> None:
    found = read_text(tmp_path, f"{OBJECT}\n\n{line}\n{OBJECT}\n")
    assert found.rows == [(1, CELLS), (4, CELLS)]
    (reject,) = found.rejected
    assert (reject.line, reject.field) == (3, field)
    assert reject.reason.startswith(reason)


def test_objects_over_several_lines_are_not_put_together(tmp_path: Path) -> None:
    found = read_text(tmp_path, f'{OBJECT}\n{{"exec_id": [1\n2]}}\n{OBJECT},{OBJECT}\n')
    assert found.lines == [1]
    assert [line for line, _ in found.reasons] == [2, 3, 4]


def test_nested_values_of_columns_that_are_not_read_do_not_matter(tmp_path: Path) -> None:
    assert read_text(tmp_path, OBJECT[:-1] + ', "note": {"a": [1]}}\n').cells == [CELLS]


def test_an_array_is_refused(tmp_path: Path) -> None:
    assert "jq -c" in refused(tmp_path, f"[{OBJECT}]").reason


def test_line_ends_and_quotation_marks_inside_of_texts(tmp_path: Path) -> None:
    found = read_text(tmp_path, json.dumps(CELLS | {"close_reason": 'say "stop\nnow'}) + "\r\n" + OBJECT)
    assert found.cells == [CELLS | {"close_reason": 'say "stop\nnow'}, CELLS]


def test_compressed_and_in_another_encoding(tmp_path: Path) -> None:
    assert read_text(tmp_path, gzipped(OBJECT)).cells == [CELLS]
    assert read_text(tmp_path, OBJECT.encode("utf-16")).cells == [CELLS]


def test_missing_columns_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, '{"symbol": "BTCUSDT"}').reason.startswith(
        "no column side, exec_price, exec_qty, exec_time"
    )


def test_a_byte_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{OBJECT}\n".encode() + b'{"symbol": "\xff"}\n').line == 2
