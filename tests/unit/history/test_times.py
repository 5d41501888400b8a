"""Times of sources: what is doubtful is refused."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import InvalidInputError
from reconcile.history.times import read_times, require_zone

EXACT = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
WHOLE = datetime(2024, 5, 1, 12, tzinfo=UTC)


def read(cell: str, zone: str | None = None) -> datetime | str:
    """The moment, or why not; a sound time beside it is read whatever happens."""
    moments, reasons = read_times(pa.array([cell, None, "2024-05-01T12:00:00Z"], pa.string()), zone)
    assert moments.to_pylist()[1:] == [None, WHOLE]
    assert reasons.to_pylist()[1:] == [None, None]
    moment, reason = moments[0].as_py(), reasons[0].as_py()
    assert (moment is None) != (reason is None)
    return moment if reason is None else str(reason)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-05-01T12:00:00.123456Z", EXACT),
        ("2024-05-01 12:00:00.123456+00", EXACT),
        ("2024-05-01 14:00:00.1234560000 +02:00", EXACT),
        ("2024-05-01T06:30:00.123456-0530", EXACT),
        ("2024-05-01T12:00Z", WHOLE),
        ("1714564800", WHOLE),
        ("1714564800000", WHOLE),
        ("1714564800123456", EXACT),
        ("1714564800123456000", EXACT),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1600-02-29T00:00:00.000001Z", datetime(1600, 2, 29, 0, 0, 0, 1, tzinfo=UTC)),
        ("0001-01-02T00:00:00Z", datetime(1, 1, 2, tzinfo=UTC)),
        ("9999-12-30T23:59:59.999999Z", datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_moments(cell: str, moment: datetime) -> None:
    assert read(cell) == moment


NO_MOMENTS = """
2024-02-30T12:00:00Z 2023-02-29T00:00:00Z 2024-13-01T00:00:00Z 2024-05-01T25:00:00Z 2024-05-01T24:00:00Z
2024-05-01T12:60:00Z 2024-05-01T12:00:60Z 2024-05-01T12:00:00+25:00 2024-05-01T12:00:00.1234567Z 2024-05-01
01.05.2024_12:00 05/01/2024_12:00:00 2024-5-1T12:00:00Z 12:00:00 yesterday -1714564800 1714564800.5 171456480
1714564800123456789 17145648001 ٢٠٢٤-05-01T12:00:00Z 2024-05-01T12:00:00_Europe/Berlin 20240501T120000Z
2024-05-01T12:00:00ZZ 0000-01-01T00:00:00Z 0001-01-02T00:00:00+14:00 9999-12-30T23:59:59-12:00 infinity 1.7145648e9
"""


@pytest.mark.parametrize("cell", [cell.replace("_", " ") for cell in NO_MOMENTS.split()])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_what_is_no_moment_is_refused(cell: str, zone: str | None) -> None:
    assert isinstance(read(cell, zone), str)


def test_a_local_time_needs_a_zone() -> None:
    assert "offset" in str(read("2024-05-01 12:00:00"))
    assert read("2024-05-01 12:00:00", "UTC") == WHOLE
    assert read("2024-05-01 14:00:00", "Europe/Berlin") == WHOLE
    assert read("2024-05-01T12:00:00Z", "Europe/Berlin") == WHOLE
    assert read("2024-01-01 13:00:00", "Europe/Berlin") == datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("clock", ["2024-03-31 02:30:00", "2024-10-27 02:30:00", "2024-10-27 02:00:00"])
def test_an_hour_that_is_there_twice_or_never_is_refused(clock: str) -> None:
    assert "Europe/Berlin" in str(read(clock, "Europe/Berlin"))
    hour = datetime.fromisoformat(clock + "+01:00").astimezone(UTC)
    assert read(clock + "+01:00", "Europe/Berlin") == hour


@pytest.mark.parametrize(
    "clock", ["2024-03-31 01:59:59", "2024-03-31 03:00:00", "2024-10-27 01:59:59", "2024-10-27 03:00:00"]
)
def test_the_hours_beside_it_are_read(clock: str) -> None:
    expected = datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert read(clock, "Europe/Berlin") == expected


@pytest.mark.parametrize("zone", ["0001-01-02 00:00:00", "9999-12-30 23:59:59"])
def test_the_ends_of_the_calendar_are_refused_where_they_lie_beyond_it(zone: str) -> None:
    where = "Asia/Tokyo" if zone.startswith("0001") else "America/New_York"
    assert isinstance(read(zone, where), str)
    assert isinstance(read(zone, "UTC"), datetime)


def test_a_zone_has_a_known_name() -> None:
    assert require_zone("Europe/Berlin") == "Europe/Berlin"
    for name in ("Europe/Nowhere", "CEST+2", "", "../etc/passwd"):
        with pytest.raises(InvalidInputError, match="timezone"):
            require_zone(name)


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_any_moment_with_its_offset(clock: datetime, offset: int) -> None:
    moment = clock.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert read(moment.isoformat()) == moment
    assert read(moment.isoformat(" ")) == moment
