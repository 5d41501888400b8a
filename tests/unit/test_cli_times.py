from datetime import UTC, datetime

import pytest

from ledger.cli.times import parse_time

NOW = datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
        ("2024-05-01T09:30", "2024-05-01T09:30:00+00:00"),
        (" 2024-05-01 09:30:01.5 ", "2024-05-01T09:30:01.500000+00:00"),
        ("2024-05-01T09:30Z", "2024-05-01T09:30:00+00:00"),
        ("2024-05-01T09:30+02:00", "2024-05-01T07:30:00+00:00"),
        ("now", "2026-03-02T09:30:15+00:00"),
        ("Today", "2026-03-02T00:00:00+00:00"),
        ("yesterday", "2026-03-01T00:00:00+00:00"),
        ("7d", "2026-02-23T09:30:15+00:00"),
        ("24h", "2026-03-01T09:30:15+00:00"),
        ("1.5h", "2026-03-02T08:00:15+00:00"),
        ("30m", "2026-03-02T09:00:15+00:00"),
        ("15s", "2026-03-02T09:30:00+00:00"),
        ("2w", "2026-02-16T09:30:15+00:00"),
    ],
)
def test_what_times_mean(text: str, meant: str) -> None:
    assert parse_time(text, NOW).isoformat() == meant


@pytest.mark.parametrize("text", ["", "soon", "7", "7y", "-7d", "2024-13-01", "9999999d", "0001-01-01T00:00+05:00"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is"):
        parse_time(text, NOW)
