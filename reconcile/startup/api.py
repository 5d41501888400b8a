"""What a bot calls before it trades."""

from datetime import datetime
from functools import partial
from typing import Any

from ledger import AsyncLedgerClient, LedgerClient
from ledger.errors import InvalidInputError
from reconcile.blocking import run_blocking
from reconcile.errors import UnexplainedDifferenceError
from reconcile.exchange import Exchange
from reconcile.startup.client import RunClient
from reconcile.startup.lock import account_lock
from reconcile.startup.report import ReconciliationReport
from reconcile.startup.restoring import restore
from reconcile.startup.run import Options, Policy, Run
from reconcile.startup.saving import load
from reconcile.startup.store import Store
from reconcile.startup.venues import as_exchange

_POLICIES = ("report", "raise", "adjust")


async def reconcile_positions_on_startup(
    bot_id: str,
    db_client: LedgerClient | AsyncLedgerClient,
    exchange_client: Exchange | Any,
    redis_db: int | None = None,
    *,
    on_unexplained: Policy = "report",
    since: datetime | None = None,
    settle: float = 3.0,
) -> ReconciliationReport:
    """Makes the ledger agree with the exchange, for the bot's whole account, and says what happened meanwhile.

    Imports every execution that the ledger lacks, compares all positions and the P&L, and restores the cache. Run
    again at once it writes nothing; two instances that start together do the work once.

    Args:
        bot_id: the bot that starts.
        db_client: the bot's client; its connections are not used, only its settings.
        exchange_client: an `Exchange`, or pybit's `HTTP` session, which is read with its key and address.
        redis_db: number of the Redis database; default: that of the client. With another one both are kept right.
        on_unexplained: what to do where no execution explains a difference: "report" it, "raise" it, or "adjust" the
            ledger with one marked fill without a price.
        since: no executions before this moment are imported; default: all that the venue keeps.
        settle: seconds that a difference is given to go away before it counts as one.

    Returns:
        The report. Its status is "degraded" when the exchange did not answer: then the cache is restored from the
        database, and no more was booked than what had been fetched completely.

    Raises:
        UnexplainedDifferenceError: with "raise", if ledger and exchange differ. The run is stored nevertheless.
        InvalidInputError: an argument breaks a rule, or `since` is longer ago than the venue keeps.
        PermissionDeniedError: the login may not act for all bots of the account.
        WrongAccountError: the key is of another account of the venue than the books are.
        DatabaseUnavailableError: PostgreSQL did not answer; calling again is safe.
    """
    if on_unexplained not in _POLICIES:
        raise InvalidInputError("on_unexplained", on_unexplained, f"one of {', '.join(_POLICIES)}")
    if since is not None and since.tzinfo is None:
        raise InvalidInputError("since", since, "a time with a zone")
    options = Options(on_unexplained=on_unexplained, since=since, settle=settle)
    async with as_exchange(exchange_client) as exchange, RunClient(bot_id, db_client.settings, redis_db) as client:
        report = await _reconcile(client, exchange, options)
    if on_unexplained == "raise" and report.problems:
        raise UnexplainedDifferenceError(report)
    return report


def reconcile_positions_on_startup_sync(
    bot_id: str,
    db_client: LedgerClient | AsyncLedgerClient,
    exchange_client: Exchange | Any,
    redis_db: int | None = None,
    *,
    on_unexplained: Policy = "report",
    since: datetime | None = None,
    settle: float = 3.0,
) -> ReconciliationReport:
    """The same, blocking, inside a running event loop or without one. Arguments, result and errors are the same."""
    work = partial(
        reconcile_positions_on_startup,
        bot_id,
        db_client,
        exchange_client,
        redis_db,
        on_unexplained=on_unexplained,
        since=since,
        settle=settle,
    )
    return run_blocking(work)


async def _reconcile(client: RunClient, exchange: Exchange, options: Options) -> ReconciliationReport:
    store = Store(client.connections, await client.register())
    began = await store.now()
    bots = await store.allowed_bots("a reconciliation writes for all bots of the account")
    async with account_lock(client.settings, store.account_id):
        last = await store.last_run()
        if last is not None and last["at"] is not None and last["at"] > began:
            report = load(last)
            report.reused = True
            await restore(client, [], await store.lines())  # who did the work may keep another cache than this caller
            return report
        return await Run(exchange, store, client, bots, options).reconcile(await store.account(), last)
