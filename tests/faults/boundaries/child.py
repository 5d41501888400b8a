"""The process that is killed. What it is to do comes with it."""

import logging
import os
import sys
from collections.abc import Callable

from ledger.errors import DatabaseUnavailableError
from tests.faults.boundaries import subjects

UNAVAILABLE = 3  # exit code: the caller is told that the server is not there, by the error made for it
__all__ = ["UNAVAILABLE", "run", "subjects"]  # forked processes find what they need already there


def run(act: Callable[[str, str], None], database_url: str, redis_url: str) -> None:
    """The process."""
    logging.disable(logging.CRITICAL)
    os.environ.pop("LEDGER_ACCOUNT", None)
    os.environ["LEDGER_CACHE_TIMEOUT"] = "5"
    try:
        act(database_url, redis_url)
    except DatabaseUnavailableError:
        sys.exit(UNAVAILABLE)
