"""One writer that tells the caches of two databases of one Redis."""

from collections.abc import Sequence

from ledger.cache.redis_client import AsyncCache
from ledger.cache.shared import Answer, One
from ledger.cache.steps import CacheStep, Read


class AsyncCaches:
    """Carries out each step in two caches; a position is read from the first.

    A lease answers the earlier of both times: what was announced by then and has run out is over in both. A cache that
    has answered no lease stores nothing, because it does not have the reader's token.
    """

    def __init__(self, first: AsyncCache, second: AsyncCache) -> None:
        self._first = first
        self._second = second

    async def run(self, step: CacheStep) -> Answer:
        """Carries out a step; a cache that is away keeps the other one from nothing."""
        answer = await self._first.run(step)
        if isinstance(step, Read):
            return answer
        other = await self._second.run(step)
        if isinstance(answer, list) and isinstance(other, list):
            return _earliest(answer, other)
        return _earlier(answer, other)

    async def close(self) -> None:
        """Closes the connections of both."""
        await self._first.close()
        await self._second.close()


def _earliest(ones: Sequence[int | None], others: Sequence[int | None]) -> list[int | None]:
    return [min((at for at in pair if at is not None), default=None) for pair in zip(ones, others, strict=True)]


def _earlier(one: One | Sequence[int | None], other: One | Sequence[int | None]) -> int | None:
    return min((at for at in (one, other) if isinstance(at, int)), default=None)
