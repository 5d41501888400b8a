"""The client with which a run works."""

from ledger import AsyncLedgerClient
from ledger.cache import AsyncCache, AsyncCaches, redis_database
from ledger.database import AsyncDatabase
from ledger.settings import Settings


class RunClient(AsyncLedgerClient):
    """A client of our own on a caller's settings: the caller's may belong to another thread or event loop.

    With another database of Redis than the caller's it keeps both caches: what it changes, the caller must not read as
    it was.
    """

    def __init__(self, bot_id: str, settings: Settings, redis_db: int | None = None) -> None:
        database, cache = settings.database_url, settings.redis_url
        super().__init__(
            bot_id,
            account=settings.account,
            database_url=database.get_secret_value() if database else None,
            redis_url=cache.get_secret_value() if cache else None,
            redis_db=settings.redis_db if redis_db is None else redis_db,
        )
        if cache is None or not isinstance(self._cache, AsyncCache):
            return
        number = redis_database(settings)
        if redis_database(self.settings) != number:
            callers = AsyncCache(self.settings.model_copy(update={"redis_db": number}))
            self._cache = AsyncCaches(self._cache, callers)

    @property
    def connections(self) -> AsyncDatabase:
        """To the database, for what else a run asks of it; the client closes them."""
        return self._database
