"""The servers that benchmarks run on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.embedded import scoped
from tests.servers import Servers, empty_redis_database


@contextmanager
def benchmark_servers() -> Iterator[Servers]:
    """Those of the environment; else temporary ones that write as durably as production does."""
    database, cache = (os.environ.get(f"LEDGER_{name}_URL") for name in ("DATABASE", "REDIS"))
    if database and cache:
        yield Servers(database, empty_redis_database(cache))
        return
    with scoped(durable=True) as started:
        yield Servers(database or started.database_url, empty_redis_database(cache or started.redis_url))
