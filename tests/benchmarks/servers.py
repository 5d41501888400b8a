"""The servers that benchmarks run on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import Servers, running_servers

_GIVEN = ("LEDGER_DATABASE_URL", "LEDGER_REDIS_URL")


@contextmanager
def benchmark_servers() -> Iterator[Servers]:
    """Those of the environment; else temporary ones that write as durably as production does.

    The environment does not name them meanwhile: a client that is opened without a cache would find one there.
    """
    given = {name: os.environ.pop(name) for name in _GIVEN if name in os.environ}
    database_url, redis_url = map(given.get, _GIVEN)
    try:
        with running_servers(database_url, redis_url, durable=True) as servers:
            yield servers
    finally:
        os.environ.update(given)
