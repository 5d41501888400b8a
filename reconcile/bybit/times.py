"""Bybit's times: whole milliseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """The moment, exactly."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def to_ms(moment: datetime) -> int:
    """The first whole millisecond that is not before the moment.

    Bybit's events fall on whole milliseconds: those at or after `moment` are those at or after this one.
    """
    return -((EPOCH - moment) // _MILLISECOND)
