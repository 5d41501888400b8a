"""A bot's start with nothing changed, beside the very same requests to the exchange and nothing else."""

import asyncio
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import requests
from requests.hooks import default_hooks

from reconcile.paper.instruments import Instrument
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result, at_most
from tests.bybit_account import START
from tests.reconciling import Desk, open_desk

_SINCE = START + timedelta(minutes=1)


def restart(bench: Bench) -> list[Result]:
    """`reconcile_positions_on_startup` over an account with open positions, on a local Bybit in this process."""
    symbols = bench.pick(100, 5)
    with bench.database() as target:
        ours, bare, count = asyncio.run(_measured(bench, target.database_url, target.redis_url, symbols))
    return [
        Result(
            case=f"{symbols} symbols, nothing changed",
            what="a reconciliation",
            beside=f"its {count} requests alone",
            unit="ms",
            values=ours,
            others=bare,
            goal=at_most(1.3),
        )
    ]


def _listed(number: int) -> Instrument:
    base = f"C{number:03d}"
    return Instrument("linear", f"{base}USDT", base, "USDT", "USDT", Decimal("0.01"), Decimal("0.01"))


async def _measured(
    bench: Bench, database_url: str, redis_url: str, symbols: int
) -> tuple[list[float], list[float], int]:
    listed = [_listed(number) for number in range(symbols)]
    ours: list[float] = []
    bare: list[float] = []
    sent: list[requests.PreparedRequest] = []
    async with open_desk(database_url, redis_url, instruments=listed, running=True) as desk:
        for one in listed:
            desk.order("Buy", "1", symbol=one.symbol)
        await _reconciled(desk)
        await _reconciled(desk)
        hooks = desk.account.exchange._caller._http.client.hooks["response"]
        hooks.append(lambda answer, *_, **__: sent.append(_bare(answer)))
        for _ in range(bench.rounds):
            sent.clear()
            ours.append(await _reconciled(desk))
            bare.append(_sent_again(sent))
    return ours, bare, len(sent)


async def _reconciled(desk: Desk) -> float:
    """Milliseconds of a run that must find everything as it is."""
    began = time.perf_counter()
    report = await desk.reconcile(since=_SINCE)
    taken = time.perf_counter() - began
    if not report.ok:
        raise RuntimeError(f"the account does not agree: {report.findings[:3]}")
    return taken * 1000


def _bare(answer: requests.Response) -> requests.PreparedRequest:
    request = answer.request.copy()
    request.hooks = default_hooks()  # or it would be noted down when it is sent again
    return request


def _sent_again(sent: list[requests.PreparedRequest]) -> float:
    """Milliseconds of the same requests, one after the other on one connection, before their signatures expire."""
    with requests.Session() as session:
        began = time.perf_counter()
        answers: list[Any] = [session.send(request).json() for request in sent]
        taken = time.perf_counter() - began
    if any(answer["retCode"] for answer in answers):
        raise RuntimeError("a request was refused when it was sent again")
    return taken * 1000
