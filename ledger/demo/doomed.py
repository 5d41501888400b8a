"""The process that the demo kills: `python -m ledger.demo.doomed BOT_ID ACCOUNT`."""

import sys
import time

from ledger.cache import Cache, CacheStep, Put
from ledger.cache.shared import Answer
from ledger.client import LedgerClient
from ledger.demo.crash import SECOND
from ledger.settings import load_settings


class HeldCache(Cache):
    """The cache, held up where it is to be written after the commit."""

    def run(self, step: CacheStep) -> Answer:
        """Does what is asked, except to write: then it waits to be killed."""
        if isinstance(step, Put):
            sys.stdout.write("committed\n")
            sys.stdout.flush()
            time.sleep(60)
        return super().run(step)


def main(bot_id: str, account: str) -> None:
    """Books the second fill and never gets to the cache."""
    client = LedgerClient(bot_id, account=account)
    client._cache = HeldCache(load_settings())
    client.record_fill(**SECOND)


if __name__ == "__main__":
    main(*sys.argv[1:])
