"""Times as people type them."""

import re
from datetime import UTC, datetime, timedelta

_RELATIVE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
FORMS = "an ISO date or time (2024-05-01, 2024-05-01T09:30, …T09:30+02:00), today, yesterday, now, or an age (7d, 24h)"


def parse_time(text: str, now: datetime | None = None) -> datetime:
    """The moment that `text` means, in UTC; without a zone it is UTC already.

    Raises ValueError for anything else than `FORMS`.
    """
    present = now or datetime.now(UTC)
    word = text.strip().lower()
    midnight = present.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now": present, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if word in named:
        return named[word]
    if age := _RELATIVE.fullmatch(word):
        try:
            return present - timedelta(**{_UNITS[age[2]]: float(age[1])})
        except OverflowError:
            raise ValueError(f"{text!r} is too long ago") from None
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not {FORMS}") from None
