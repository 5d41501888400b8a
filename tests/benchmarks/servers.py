"""The servers that benchmarks run on."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ledger.embedded import scoped
from tests.servers import Servers, empty_redis_database

_GIVEN = ("LEDGER_DATABASE_URL", "LEDGER_REDIS_URL")


@contextmanager
def benchmark_servers() -> Iterator[Servers]:
    """Those of the environment; else temporary ones that write as durably as production does.

    The environment does not name them meanwhile: a client that is opened without a cache would find one there.
    """
    given = {name: os.environ.pop(name) for name in _GIVEN if name in os.environ}
    database, cache = map(given.get, _GIVEN)
    with ExitStack() as stack:
        stack.callback(os.environ.update, given)
        if not database or not cache:
            started = stack.enter_context(scoped(durable=True))
            database, cache = database or started.database_url, cache or started.redis_url
        yield Servers(database, empty_redis_database(cache))
