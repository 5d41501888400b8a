"""What the stream has told and nobody has booked yet."""

import asyncio
from dataclasses import dataclass, field

from reconcile.exchange import Gap
from reconcile.values import Execution, Order, Unreadable

News = Execution | Order | Unreadable
_MOST = 50_000  # further behind, REST is the better way


@dataclass
class Batch:
    """What is booked together; `gap`: something may be missing before it."""

    gap: bool = False
    news: list[News] = field(default_factory=list)


class Buffer:
    """Takes news while other news are booked. What does not fit is dropped, and counts as a gap: REST has it all."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._batch = Batch()
        self._filled = asyncio.Event()

    @property
    def is_filled(self) -> bool:
        """Whether there is anything to take."""
        return self._filled.is_set()

    @property
    def is_bookable(self) -> bool:
        """Whether there are news, and nothing has to be fetched before them."""
        return bool(self._batch.news) and not self._batch.gap

    def put(self, event: News | Gap) -> None:
        """Adds what the stream tells."""
        if isinstance(event, Gap):
            self._batch.gap = True
        elif len(self._batch.news) < self._most:
            self._batch.news.append(event)
        else:
            self._batch = Batch(gap=True, news=[event])
        self._filled.set()

    def put_back(self, batch: Batch) -> None:
        """Returns what could not be booked, before all that came meanwhile."""
        later = self._batch
        news = batch.news + later.news
        self._batch = Batch(batch.gap or later.gap, news) if len(news) <= self._most else Batch(gap=True)
        self._filled.set()

    def take(self) -> Batch:
        """All that there is."""
        taken, self._batch = self._batch, Batch()
        self._filled.clear()
        return taken

    async def filled(self) -> None:
        """Returns as soon as there is something to take."""
        await self._filled.wait()
