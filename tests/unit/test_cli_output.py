from decimal import Decimal

import pytest

from ledger.cli.output import duration, errors, number, output, remark


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("-0.000000001", "≈0"),
        ("1234567.5", "1,234,567.5"),
        ("50333.333333333333333333", "≈50,333.33333333"),
        ("0.000000005", "≈0"),
        ("0.000000015", "≈0.00000002"),
        ("0.00000001", "0.00000001"),
        ("1E+3", "1,000"),
        ("-12345678901234567890123456789.123456789", "≈-12,345,678,901,234,567,890,123,456,789.12345679"),
    ],
)
def test_numbers(value: str, shown: str) -> None:
    assert number(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [("0", "0s"), ("0.256", "0.26s"), ("59.9", "59.9s"), ("60", "1m 0s"), ("3661", "1h 1m"), ("176400", "2d 1h")],
)
def test_durations(seconds: str, shown: str) -> None:
    assert duration(Decimal(seconds)) == shown


def test_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    output().print("bybit:moon:paper")
    errors().print("bybit:key:paper", markup=False)
    remark("bybit:b:testnet")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("bybit:moon:paper\n", "bybit:key:paper\nbybit:b:testnet\n")
