"""Both clients behind one face, so that a test is written once and runs through each."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from ledger import AsyncLedgerClient, LedgerClient

KINDS = ("blocking", "awaiting")


class _Awaited:
    """Runs each method of the awaiting client to its end, in an event loop of its own."""

    def __init__(self, runner: asyncio.Runner, client: AsyncLedgerClient) -> None:
        self._runner = runner
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda *args, **kwargs: self._runner.run(method(*args, **kwargs))


@contextmanager
def open_client(kind: str, bot_id: str, **options: Any) -> Iterator[LedgerClient]:
    """A client of one of KINDS; its methods are called the same way, whichever it is."""
    if kind == "blocking":
        with LedgerClient(bot_id, **options) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        awaiting = AsyncLedgerClient(bot_id, **options)
        try:
            yield cast(LedgerClient, _Awaited(runner, awaiting))
        finally:
            runner.run(awaiting.close())
