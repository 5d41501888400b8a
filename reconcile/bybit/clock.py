"""The venue's clock, as far as this machine can know it, and requests signed by it.

Bybit accepts a request whose timestamp is at most `recv_window` behind its clock and 1 second ahead of it. pybit
signs with the machine's clock; where that one is wrong, requests' own authentication hook signs again.
"""

import hashlib
import hmac
import time
from datetime import datetime
from urllib.parse import urlsplit

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

from reconcile.bybit.times import from_ms

_TOLERATED_MS = 500  # less than the second that Bybit tolerates


class VenueClock:
    """How far the venue's clock is from the machine's. Safe to use from several threads."""

    def __init__(self) -> None:
        self._offset_ms = 0
        self._latest_ms = 0
        self.known = False

    @property
    def offset_ms(self) -> int:
        """Milliseconds by which the venue is ahead of this machine."""
        return self._offset_ms

    def learn(self, venue_ms: int) -> None:
        """Takes the time of an answer that has just arrived.

        The answer's way here is not counted, so the venue is assumed to be a little earlier than it is: that side is
        covered by `recv_window`.
        """
        self._offset_ms = venue_ms - _machine_ms()
        self._latest_ms = max(self._latest_ms, venue_ms)
        self.known = True

    def now_ms(self) -> int:
        """The venue's present time in milliseconds."""
        return _machine_ms() + self._offset_ms

    def now(self) -> datetime:
        """The venue's present time."""
        return from_ms(self.now_ms())

    def latest(self) -> datetime:
        """The latest time that the venue ever showed: its clock may be set back."""
        return from_ms(self._latest_ms)

    def at(self, machine_seconds: float) -> datetime:
        """The venue's time when the machine's clock showed `machine_seconds` since 1970."""
        return from_ms(int(machine_seconds * 1000) + self._offset_ms)


class ShiftedSignature(AuthBase):
    """Signs a request again by the venue's clock when the machine's own would be refused."""

    def __init__(self, clock: VenueClock, key: SecretStr, secret: SecretStr) -> None:
        self._clock = clock
        self._key = key.get_secret_value()
        self._secret = secret.get_secret_value().encode()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Called by requests with each request just before it is sent. Only readings: the text signed is the query."""
        if "X-BAPI-SIGN" not in request.headers or abs(self._clock.offset_ms) < _TOLERATED_MS:
            return request
        stamp = str(self._clock.now_ms())
        window = str(request.headers["X-BAPI-RECV-WINDOW"])
        text = stamp + self._key + window + urlsplit(str(request.url)).query
        request.headers["X-BAPI-TIMESTAMP"] = stamp
        request.headers["X-BAPI-SIGN"] = hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
        return request


def _machine_ms() -> int:
    return time.time_ns() // 1_000_000
