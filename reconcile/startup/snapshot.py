"""Positions of the venue at one moment, with all executions before it in the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from reconcile.errors import NotOfferedError
from reconcile.exchange import Exchange
from reconcile.logs import get_logger
from reconcile.startup.booking import Booker
from reconcile.startup.importing import MILLISECOND, Importer
from reconcile.together import together
from reconcile.values import Execution, VenuePosition, Wallet

log = get_logger(__name__)

_TRIES = 3
_OVERLAP = timedelta(seconds=5)


@dataclass(frozen=True)
class Snapshot:
    """All open lines and the wallet, as they were at `at` by the venue's clock.

    There is no wallet where no spot is traded, or the venue offers none.
    If something was executed while they were read, each line is as it was at some moment between `since` and `at`.
    """

    since: datetime
    at: datetime
    positions: tuple[VenuePosition, ...]
    wallet: Wallet | None
    no_wallet: NotOfferedError | None = None  # the venue has none: whether that matters is for whoever compares


async def take_snapshot(exchange: Exchange, booker: Booker, importer: Importer, imported_until: datetime) -> Snapshot:
    """Reads positions between two readings of the clock, if it can be with nothing executed in between.

    On an account that never stands still something is; then each line says for itself at which moment it was seen, see
    `moments`. Raises ExchangeError: a failed query is never read as flat.
    """
    before = await exchange.server_time()
    since = min(imported_until, before) - _OVERLAP
    tries = 0
    while True:
        tries += 1
        positions, (wallet, no_wallet) = await together(_positions(exchange), read_wallet(exchange))
        after = await exchange.server_time()
        found = await together(
            *(_executions(exchange, importer, category, since, after + MILLISECOND) for category in exchange.categories)
        )
        crossed = False
        for category, executions in zip(exchange.categories, found, strict=True):
            fresh = await booker.book(category, executions)
            crossed |= bool(fresh) or any(before < e.exec_time <= after for e in executions)
        if not crossed or tries == _TRIES:
            return Snapshot(before if crossed else after, after, positions, wallet, no_wallet)
        before = await exchange.server_time()


async def _positions(exchange: Exchange) -> tuple[VenuePosition, ...]:
    lines = await together(*(exchange.positions(category) for category in exchange.categories))
    return tuple(chain.from_iterable(lines))


async def read_wallet(exchange: Exchange) -> tuple[Wallet | None, NotOfferedError | None]:
    """The wallet, where spot is traded; or the refusal of a venue that does not offer it."""
    try:
        return (await exchange.wallet() if "spot" in exchange.categories else None), None
    except NotOfferedError as refusal:
        log.warning("the venue has no wallet to read", problem=str(refusal))
        return None, refusal


async def _executions(
    exchange: Exchange, importer: Importer, category: str, since: datetime, until: datetime
) -> list[Execution]:
    found: list[Execution] = []
    async for window in exchange.executions(category, since, until):
        importer.requests += window.requests
        found += window.items
        await importer.quarantine(window.unreadable)
    return found
