"""How fast one account may ask. All that use the account in this process share one budget.

Sources: Bybit's V5 reference, "Rate Limit Rules" (2026-07). Per account and endpoint a number of requests within a
rolling second, told by the headers of each answer; per address 600 requests in 5 seconds, then HTTP 403, after which
nothing may be asked for 10 minutes. Market data is asked without a key, so it counts for the address alone.

Of what is allowed a tenth is left alone. A request may reach the venue later than it was meant to start, and with it
those that start in its stead: as long as a caller has no more of them on their way than a tenth of 50
(`AT_ONCE`), no second at the venue has more than are allowed.
"""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

AT_ONCE = 5  # requests that one caller has on their way
_SECOND = 1.0
_DEFAULT_PER_SECOND = 10  # until the venue says; the least that any endpoint used here allows
_READS_PER_SECOND = 50  # of these, by the reference. An answer without headers does not say: of each, or of all.
_READS = frozenset(
    {
        "/v5/execution/list",
        "/v5/order/history",
        "/v5/order/realtime",
        "/v5/position/closed-pnl",
        "/v5/position/list",
    }
)
_PUBLIC = "/v5/market/"  # asked without a key: no account is counted, only the address
_ADDRESS_LIMIT = 500  # of 600: others may share the address
_ADDRESS_SPAN = 5.0
_MARGIN = 0.02  # requests do not arrive in the rhythm in which they are sent
_LONGEST_RESET = 10.0  # resets are within seconds; a header that says more is not believed
_BLIND_PAUSE = 1.0  # where the venue does not say when to come back: its windows are of a second


@dataclass
class _Rolling:
    """At most `limit` starts within any `span` seconds."""

    limit: int
    span: float
    starts: deque[float] = field(default_factory=deque)
    closed_until: float = 0.0

    def next_start(self, now: float) -> float:
        while self.starts and self.starts[0] <= now - self.span - _MARGIN:
            self.starts.popleft()
        start = max(now, self.closed_until)
        if len(self.starts) >= self.limit:
            start = max(start, self.starts[-self.limit] + self.span + _MARGIN)
        return start


class Budget:
    """The budget of one key at one address. Safe to use from several threads and event loops."""

    def __init__(self, address: "_Address") -> None:
        self._address = address
        self._endpoints: dict[str, _Rolling] = {}
        self._reads = _Rolling(_spared(_READS_PER_SECOND), _SECOND)
        self._lock = threading.Lock()
        self._tightest: tuple[int, int] | None = None

    def reserve(self, endpoint: str, longest: float) -> float:
        """Seconds to wait before the next request to `endpoint`, which is reserved with this call.

        When the wait would exceed `longest` nothing is reserved; the caller is to give up.
        """
        with self._lock, self._address.lock:
            now = time.monotonic()
            own = self._endpoint(endpoint)
            start = max(own.next_start(now), self._address.rolling.next_start(now))
            if start - now <= longest:
                own.starts.append(start)
                self._address.rolling.starts.append(start)
            return start - now

    def learn(self, endpoint: str, headers: Mapping[str, str], venue_now_ms: int) -> None:
        """Takes what an answer says: the limit, what is left of it, and when it is whole again."""
        limit, left = _integer(headers, "X-Bapi-Limit"), _integer(headers, "X-Bapi-Limit-Status")
        with self._lock:
            own = self._told(endpoint, limit) if limit else self._endpoint(endpoint)
            if limit and left is not None:
                lowest = self._tightest
                if lowest is None or left * lowest[1] < lowest[0] * limit:
                    self._tightest = (left, limit)
            if left == 0:
                own.closed_until = max(own.closed_until, time.monotonic() + _until_reset(headers, venue_now_ms, 0.0))

    def refused(self, endpoint: str, headers: Mapping[str, str], venue_now_ms: int) -> None:
        """The venue answered that requests came too fast (10006)."""
        with self._lock:
            pause = _until_reset(headers, venue_now_ms, _BLIND_PAUSE)
            own = self._endpoint(endpoint)
            own.closed_until = max(own.closed_until, time.monotonic() + pause)

    def forbidden(self, pause: float) -> None:
        """The venue shut this address out (HTTP 403, or 10018): nothing is sent for `pause` seconds."""
        with self._address.lock:
            rolling = self._address.rolling
            rolling.closed_until = max(rolling.closed_until, time.monotonic() + pause)

    def tightest(self) -> tuple[int, int] | None:
        """What the venue said was left of a second's requests, and of how many, where it was least since last asked."""
        with self._lock:
            found, self._tightest = self._tightest, None
            return found

    def _endpoint(self, endpoint: str) -> _Rolling:
        if endpoint in _READS and endpoint not in self._endpoints:
            return self._reads
        limit = _ADDRESS_LIMIT if endpoint.startswith(_PUBLIC) else _spared(_DEFAULT_PER_SECOND)
        return self._endpoints.setdefault(endpoint, _Rolling(limit, _SECOND))

    def _told(self, endpoint: str, limit: int) -> _Rolling:
        """The endpoint's own, of so many: that the venue says it shows that the endpoint is counted by itself."""
        own = self._endpoint(endpoint)
        if own is self._reads:
            own = replace(own, starts=deque(own.starts))
        own.limit = _spared(limit)
        return self._endpoints.setdefault(endpoint, own)


def _spared(limit: int) -> int:
    """What is used of a limit."""
    return limit - limit // 10


class _Address:
    """What all keys used at one address share."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rolling = _Rolling(_ADDRESS_LIMIT, _ADDRESS_SPAN)
        self.budgets: dict[str, Budget] = {}


_addresses: dict[str, _Address] = {}
_addresses_lock = threading.Lock()


def budget_of(address: str, api_key: str) -> Budget:
    """The budget that everybody in this process shares who asks this address with this key."""
    with _addresses_lock:
        place = _addresses.setdefault(address, _Address())
        return place.budgets.setdefault(api_key, Budget(place))


def _integer(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _until_reset(headers: Mapping[str, str], venue_now_ms: int, default: float) -> float:
    reset = _integer(headers, "X-Bapi-Limit-Reset-Timestamp")
    if reset is None:
        return default
    wait = (reset - venue_now_ms) / 1000 + _MARGIN
    if wait <= 0:
        return default
    return wait if wait < _LONGEST_RESET else _BLIND_PAUSE
