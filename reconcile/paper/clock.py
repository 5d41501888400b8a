"""The server's clock, which can be set, advanced and put out of step with its clients'."""

import time

_MS = 1_000_000


def wall_ms() -> int:
    """The machine's own time, in milliseconds since 1970 (UTC)."""
    return time.time_ns() // _MS


class Clock:
    """Server time in integer milliseconds since 1970 (UTC).

    With a start it stands still unless it is advanced, or `running` is true. Without one it is the machine's clock.
    It never goes back, as an exchange's does not.
    """

    def __init__(self, start: int | None = None, *, running: bool | None = None) -> None:
        self.running = start is None if running is None else running
        self.skew = 0
        self._base = wall_ms() if start is None else start
        self._since = time.monotonic_ns()
        self._advanced = 0

    def now(self) -> int:
        """The present moment of the simulated exchange, in ms."""
        return self._base + (self._passed() if self.running else 0)

    def shown(self) -> int:
        """The moment that the server claims it is: `now` plus the skew, in ms."""
        return self.now() + self.skew

    def advance(self, ms: int) -> None:
        """Lets ms milliseconds pass at once. Raises ValueError if negative."""
        if ms < 0:
            raise ValueError("time does not go back")
        self._base += ms
        self._advanced += ms

    def elapsed(self) -> float:
        """Milliseconds that passed since some fixed moment, advances included; for rolling limits."""
        return time.monotonic_ns() / _MS + self._advanced

    def signing_spans(self, *, strict: bool) -> tuple[tuple[int, int], ...]:
        """From when to when a signed request's time may be its moment of sending, in ms.

        Unmodified clients sign with their machine's clock even when the simulated time is far from it, so that
        clock is accepted too, unless strict. Nor does a client's clock that was set by this one stand still with it:
        what has passed since is accepted. The skew moves all of it.
        """
        shown, wall = self.shown(), wall_ms() + self.skew
        if strict:
            return ((shown, shown),)
        return (shown, shown if self.running else shown + self._passed()), (wall, wall)

    def _passed(self) -> int:
        return (time.monotonic_ns() - self._since) // _MS
