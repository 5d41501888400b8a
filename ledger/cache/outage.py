"""Says in the log that Redis is away, once, and that it is back, once."""

import logging

from redis.exceptions import ResponseError

from ledger.cache.steps import Lease, Mark, Read, Script

_log = logging.getLogger("ledger.cache")
_SERVER = ""


class Outages:
    """What one client has told the log. A bot reads its position many times a second, and Redis may be away for hours.

    Without a lock: it would have to be renewed in forked children. `setdefault` and `pop` happen as a whole.
    """

    def __init__(self) -> None:
        self._told: dict[str, object] = {}

    def failed(self, step: Script | Read, error: BaseException) -> None:
        """A step came to nothing. A server that refuses one entry is not away."""
        refuses = isinstance(error, ResponseError)
        mine = object()
        if self._told.setdefault(step.key if refuses else _SERVER, mine) is not mine:
            return
        reason = type(error).__name__  # its text may repeat the URL
        if refuses:
            _log.warning("Redis refuses the entry %s (%s); it is answered by PostgreSQL", step.key, reason)
        else:
            _log.warning("Redis does not answer (%s); positions come from PostgreSQL until it does", reason)

    def succeeded(self, step: Script | Read) -> None:
        """A step was carried out. Only one that always writes says something about an entry that was refused."""
        if not self._told:
            return
        if self._told.pop(_SERVER, None) is not None:
            _log.info("Redis answers again")
        if isinstance(step, Mark | Lease) and self._told.pop(step.key, None) is not None:
            _log.info("Redis takes the entry %s again", step.key)
