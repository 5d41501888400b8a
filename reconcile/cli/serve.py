"""`serve`: keeps accounts reconciled and their streams booked."""

import asyncio
import contextlib
import logging
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from ledger.opening import with_embedded_servers
from ledger.settings import Settings, load_settings
from reconcile.service.accounts import load_accounts
from reconcile.service.extra import require_extra
from reconcile.service.settings import load_service_settings


def serve() -> None:
    """Serve accounts until SIGTERM or SIGINT: reconcile, book their streams, watch, and tell people what to decide.

    Settings come from SERVICE_ variables, or a file .env: SERVICE_ACCOUNTS_FILE (one table per account, chmod 600), or
    SERVICE_ACCOUNTS (NAME=PREFIX,…), or, for one account, LEDGER_ACCOUNT with BYBIT_API_KEY and BYBIT_API_SECRET. Keys
    that can only read are enough. Several services may serve the same accounts: one leads, the others take over.

    Health is at /healthz and /readyz, metrics at /metrics, everything at /status, on 127.0.0.1:8801 unless SERVICE_HOST
    and SERVICE_PORT say otherwise.

    Example:
      LEDGER_ACCOUNT=main fifoledger serve
    """
    require_extra()
    # Only now: what these import is not there without the extra.
    from reconcile.service.logs import configure_logs
    from reconcile.service.serve import serve as run

    settings = load_service_settings()
    ledger = load_settings()
    accounts = load_accounts(settings, ledger.account)
    if ledger.database_url is None:
        ledger = with_embedded_servers(ledger)
    secrets = [*settings.secrets, *_urls(ledger), *(text for one in accounts for text in one.exchange.secrets)]
    masker = configure_logs(as_json=settings.log_format == "json", level=settings.log_level, secrets=secrets)

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(_Threads(thread_name_prefix="serve"))
        await run(settings, ledger, accounts, masker)

    asyncio.run(main())
    _leave()


def _urls(ledger: Settings) -> list[str]:
    return [url.get_secret_value() for url in (ledger.database_url, ledger.redis_url) if url is not None]


class _Threads(ThreadPoolExecutor):
    """Threads for blocking calls. The end of the service waits for none: an exchange may leave a request unanswered."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more work."""
        del wait, cancel_futures
        super().shutdown(wait=False, cancel_futures=True)


def _leave() -> None:
    """Ends the process although a thread still waits for an answer that nobody needs any more."""
    main = threading.main_thread()
    if any(not thread.daemon for thread in threading.enumerate() if thread is not main):
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(0)
