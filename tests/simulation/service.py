"""A service as a process: `fifoledger serve` without its command line."""

import asyncio
import logging
from collections.abc import Sequence

from pydantic import SecretStr

from ledger.settings import Settings
from reconcile.service.accounts import ServedAccount
from reconcile.service.serve import serve
from reconcile.service.settings import ServiceSettings
from tests.simulation.bot import BotOptions, settings_of


def serve_accounts(accounts: Sequence[BotOptions]) -> None:
    """The process: serves the account of each until SIGTERM."""
    logging.disable(logging.CRITICAL)
    first = accounts[0]
    settings = ServiceSettings(
        port=0, since=first.since, reconcile_every=2.0, instruments_every=3.0, equity_every=1.0, heartbeats_every=1.0
    )
    ledger = Settings(database_url=SecretStr(first.database_url), redis_url=SecretStr(first.redis_url))
    served = [ServedAccount(one.account.split(":")[1], settings_of(one, patience=2.0)) for one in accounts]
    asyncio.run(serve(settings, ledger, served))
