import gzip
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.reading import CELLS, Reading, read_text, refused

AT = datetime(2024, 3, 31, 1, 59, 59, 123456)  # noqa: DTZ001  # what a column without a zone holds


def parquet(**columns: Any) -> bytes:
    content = BytesIO()
    pq.write_table(pa.table({name: [cell] for name, cell in CELLS.items()} | columns), content)
    return content.getvalue()


def cell(folder: Path, kind: pa.DataType, value: Any) -> str | None:
    found = read_text(folder, parquet(exec_price=pa.array([value], kind)))
    return found.cells[0].get("exec_price")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pa.string(), "0.10", "0.10"),
        (pa.large_string(), " 0.10 ", "0.10"),
        (pa.string_view(), "0.10", "0.10"),
        (pa.dictionary(pa.int8(), pa.string()), "0.10", "0.10"),
        (pa.string(), "", None),
        (pa.string(), None, None),
        (pa.decimal128(38, 18), Decimal("0.000000000000000001"), "0.000000000000000001"),
        (pa.decimal128(20, 2), Decimal("-123456789012345678.90"), "-123456789012345678.90"),
        (
            pa.decimal256(60, 20),
            Decimal("1234567890123456789012345678901234567890.5"),
            "1234567890123456789012345678901234567890.50000000000000000000",
        ),
        (pa.int64(), -(2**63), "-9223372036854775808"),
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.float64(), 0.1, "0.1"),
        (pa.float64(), 123456789.12345679, "123456789.12345679"),
        (pa.float64(), 1e-7, "1e-7"),
        (pa.float64(), float("nan"), "nan"),
        (pa.float32(), 0.1, "0.1"),
        (pa.bool_(), True, "true"),
        (pa.date32(), date(2024, 3, 31), "2024-03-31"),
        (pa.timestamp("us"), AT, "2024-03-31 01:59:59.123456"),
        (pa.timestamp("ms", "UTC"), AT.replace(tzinfo=UTC, microsecond=123000), "2024-03-31 01:59:59.123Z"),
        (
            pa.timestamp("us", "+05:30"),
            AT.replace(tzinfo=timezone(timedelta(hours=5.5))),
            "2024-03-30 20:29:59.123456Z",
        ),
        (pa.timestamp("ns", "Europe/Berlin"), AT.replace(tzinfo=UTC), "2024-03-31 01:59:59.123456000Z"),
    ],
)
def test_values_are_text_that_says_the_same(tmp_path: Path, kind: pa.DataType, value: Any, text: str | None) -> None:
    assert cell(tmp_path, kind, value) == text


@pytest.mark.parametrize("number", [0.1, 1 / 3, 2.5e-12, 1e22, 123456.789, 5e-324])
def test_floats_keep_their_value(tmp_path: Path, number: float) -> None:
    text = cell(tmp_path, pa.float64(), number)
    assert text is not None
    assert float(text) == number
    assert Decimal(text) == Decimal(repr(number))


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.binary()])
def test_columns_of_other_things_are_refused(tmp_path: Path, kind: pa.DataType) -> None:
    error = refused(tmp_path, parquet(exec_price=pa.array([None], kind)))
    assert error.reason.startswith("the column exec_price holds ")
    assert error.reason.endswith(", not plain values")


def test_a_column_that_is_not_read_may_hold_anything(tmp_path: Path) -> None:
    assert read_text(tmp_path, parquet(note=pa.array([[1]]))).cells == [CELLS]


def test_rows_are_numbered_through_all_groups(tmp_path: Path) -> None:
    table = pa.table({name: [cell] * 120_000 for name, cell in CELLS.items()})
    content = BytesIO()
    pq.write_table(table, content, row_group_size=7_000)
    found = read_text(tmp_path, content.getvalue())
    assert found.lines == list(range(1, 120_001))
    assert len(found.done) > 2


def test_compressed_as_a_whole(tmp_path: Path) -> None:
    found: Reading = read_text(tmp_path, gzip.compress(parquet()))
    assert found.cells == [CELLS]


def test_a_file_that_is_cut_short_or_damaged_is_refused(tmp_path: Path) -> None:
    content = bytearray(parquet(exec_id=pa.array(["x" * 5000])))
    assert "cut short or damaged" in refused(tmp_path, bytes(content[:-20])).reason
    assert "cut short" in refused(tmp_path, gzip.compress(bytes(content))[:-20]).reason
    content[10:40] = bytes(30)
    assert "damaged Parquet data" in refused(tmp_path, bytes(content)).reason


def test_missing_columns_are_refused(tmp_path: Path) -> None:
    content = BytesIO()
    pq.write_table(pa.table({"symbol": ["BTCUSDT"]}), content)
    assert refused(tmp_path, content.getvalue()).reason.startswith("no column side")
