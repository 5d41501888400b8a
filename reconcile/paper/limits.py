"""Rate limits: per UID in a rolling second, per IP address in five."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

_READS = {
    "/v5/order/realtime": 50,
    "/v5/order/history": 50,
    "/v5/execution/list": 50,
    "/v5/position/list": 50,
    "/v5/position/closed-pnl": 50,
    "/v5/account/wallet-balance": 50,
    "/v5/account/info": 50,
    "/v5/account/transaction-log": 25,
    "/v5/user/query-api": 10,
}
_WRITES = {"spot": 20}
_OTHER = 10


@dataclass(frozen=True)
class Allowance:
    """What the X-Bapi-Limit headers say: requests per second, how many are left, ms until there is room again."""

    limit: int
    left: int
    wait: float
    refused: bool


@dataclass
class Limits:
    """Counts requests and refuses those that come too fast.

    enabled: whether anything is refused. ip_requests within ip_window ms draw HTTP 403 for ban ms.
    """

    enabled: bool = True
    ip_requests: int = 600
    ip_window: int = 5000
    ban: int = 600_000
    _calls: dict[tuple[object, ...], deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _banned: dict[str, float] = field(default_factory=dict)

    def per_second(self, path: str, category: str) -> int:
        """How many requests a second one UID may make."""
        return _READS.get(path) or _WRITES.get(category, _OTHER)

    def banned(self, address: str, now: float) -> bool:
        """Counts a request of an IP address; true if it must be answered with HTTP 403."""
        if not self.enabled:
            return False
        if self._banned.get(address, 0) > now:
            return True
        calls = self._rolled((address,), now, self.ip_window)
        calls.append(now)
        if len(calls) > self.ip_requests:
            self._banned[address] = now + self.ban
            return True
        return False

    def allow(self, uid: int, path: str, category: str, now: float) -> Allowance:
        """Counts a request of an account (now: ms of elapsed time) and says whether it may pass."""
        limit = self.per_second(path, category)
        calls = self._rolled((uid, path, category if path not in _READS else ""), now, 1000)
        if self.enabled and len(calls) >= limit:
            return Allowance(limit, 0, calls[0] + 1000 - now, refused=True)
        calls.append(now)
        return Allowance(limit, max(0, limit - len(calls)), max(0.0, calls[0] + 1000 - now), refused=False)

    def forgive(self) -> None:
        """Forgets all requests and lifts all bans."""
        self._calls.clear()
        self._banned.clear()

    def _rolled(self, key: tuple[object, ...], now: float, window: int) -> deque[float]:
        calls = self._calls[key]
        while calls and calls[0] <= now - window:
            calls.popleft()
        return calls
