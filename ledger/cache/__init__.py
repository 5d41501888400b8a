"""Redis holds the position that a bot's loop reads. PostgreSQL is right; the cache is only fast.

No read is wrong: a write announces itself before it commits and an announced entry is not trusted; who stores an
entry must have left a token in it before asking PostgreSQL, which a flush takes away; an entry is replaced only by a
newer one; a reader trusts only what was written since it connected to Redis, and for a
few seconds. Whatever is not trusted is read from PostgreSQL and repaired. No write fails because Redis is away.
"""

from ledger.cache.entry import position_key
from ledger.cache.redis_client import AsyncCache, Cache
from ledger.cache.several import AsyncCaches
from ledger.cache.shared import redis_database
from ledger.cache.steps import CacheStep, Lease, Mark, Put, Read, Together

__all__ = [
    "AsyncCache",
    "AsyncCaches",
    "Cache",
    "CacheStep",
    "Lease",
    "Mark",
    "Put",
    "Read",
    "Together",
    "position_key",
    "redis_database",
]
