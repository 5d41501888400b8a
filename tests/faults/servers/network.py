"""What lies between bots and PostgreSQL: connections end, are reset, fall silent, become slow, lose an answer."""

import time
from random import Random

from tests.faults.crowd.crowd import work_through
from tests.faults.crowd.work import symbol_of
from tests.faults.scenario import Run
from tests.faults.servers.postgres import ledger
from tests.proxy import Proxy, postgres_connector


def network(run: Run) -> None:
    """No error reaches a caller, and nothing is booked twice because an answer was lost."""
    with ledger(run) as (url, redis_url), Proxy(postgres_connector(url)) as proxy:
        faults = {
            "cuts": lambda _: _cut(proxy, resets=False),
            "resets": lambda _: _cut(proxy, resets=True),
            "answers lost": lambda _: _lost(proxy, run),
            "silences": lambda _: _silent(proxy, run.random, 0.5 if run.quick else 9.0),
            "delays": lambda _: _slow(proxy),
        }
        # A silent connection is given up 5 s after the server should have answered.
        limits = {"LEDGER_STATEMENT_TIMEOUT": "1"}
        work_through(run, (proxy.postgres_url(url), redis_url), faults, journal_url=url, environment=limits)


def _cut(proxy: Proxy, *, resets: bool) -> None:
    proxy.resets = resets
    proxy.refuses = True
    proxy.cut()
    time.sleep(0.1)
    proxy.refuses = False


def _lost(proxy: Proxy, run: Run) -> None:
    """A write reaches the server, which commits it; the connection is reset before the answer comes."""
    proxy.resets = True
    cuts = proxy.cuts
    proxy.cut_after(symbol_of(0).encode())
    until = time.monotonic() + 10
    while proxy.cuts == cuts and time.monotonic() < until:
        time.sleep(0.005)
    run.expect(proxy.cuts > cuts, "no answer was lost")


def _silent(proxy: Proxy, random: Random, longest: float) -> None:
    """Half-open: requests arrive, answers do not, and nobody says that the connection has ended."""
    proxy.swallows = True
    time.sleep(random.uniform(0.2, longest))
    proxy.swallows = False
    proxy.cut()  # what was swallowed does not come any more


def _slow(proxy: Proxy) -> None:
    proxy.delay = 0.1
    time.sleep(0.5)
    proxy.delay = 0.0
