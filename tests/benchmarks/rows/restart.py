"""A bot's start with nothing changed, beside the very same requests to the exchange and nothing else."""

import asyncio
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks

from reconcile.paper.instruments import Instrument
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result, at_most
from tests.bybit_account import START
from tests.reconciling import Desk, open_desk

_SINCE = START + timedelta(minutes=1)
_HOURS = 6 * 3_600_000  # in milliseconds: after them, what happened is proven to be all
_FAR = 0.05


class _Distant(HTTPAdapter):
    """An exchange that is so many seconds away, there and back."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        time.sleep(self._seconds)
        return super().send(*arguments, **options)


class _Recorder:
    """The requests of a reconciliation, and how long they take by themselves."""

    def __init__(self, client: requests.Session, seconds: float) -> None:
        self.sent: list[requests.PreparedRequest] = []
        self._seconds = seconds
        client.mount("http://", _Distant(seconds))
        client.hooks["response"] = [self._note]

    def again(self) -> float:
        """Milliseconds of the same requests, one after the other on one connection, before their signatures expire."""
        with requests.Session() as session:
            session.mount("http://", _Distant(self._seconds))
            began = time.perf_counter()
            answers = [session.send(request).json() for request in self.sent]
            taken = time.perf_counter() - began
        if any(answer["retCode"] for answer in answers):
            raise RuntimeError("a request was refused when it was sent again")
        return taken * 1000

    def _note(self, answer: requests.Response, *_: object, **__: object) -> None:
        request = answer.request.copy()
        request.hooks = default_hooks()  # or it would be noted when it is sent again
        self.sent.append(request)


def restart(bench: Bench) -> list[Result]:
    """`reconcile_positions_on_startup` over an account with open positions, on a local Bybit in this process."""
    symbols = bench.pick(100, 5)
    with bench.database() as target:
        return asyncio.run(_measured(bench, target.database_url, target.redis_url, symbols))


async def _measured(bench: Bench, database_url: str, redis_url: str, symbols: int) -> list[Result]:
    listed = [_listed(number) for number in range(symbols)]
    async with open_desk(database_url, redis_url, instruments=listed, running=True) as desk:
        for one in listed:
            desk.order("Buy", "1", symbol=one.symbol)
        desk.account.control.advance(_HOURS)
        for _ in range(2):
            await _reconciled(desk)
        return [await _at_distance(bench, desk, symbols, seconds) for seconds in (0.0, _FAR)]


async def _at_distance(bench: Bench, desk: Desk, symbols: int, seconds: float) -> Result:
    recorder = _Recorder(desk.account.exchange._caller._http.client, seconds)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(bench.rounds):
        recorder.sent.clear()
        ours.append(await _reconciled(desk))
        bare.append(recorder.again())
    return Result(
        case=f"{symbols} symbols, {seconds * 1000:.0f} ms away",
        what="a reconciliation",
        beside=f"its {len(recorder.sent)} requests alone",
        unit="ms",
        values=ours,
        others=bare,
        goal=at_most(1.3),
    )


def _listed(number: int) -> Instrument:
    base = f"C{number:03d}"
    return Instrument("linear", f"{base}USDT", base, "USDT", "USDT", Decimal("0.01"), Decimal("0.01"))


async def _reconciled(desk: Desk) -> float:
    """Milliseconds of a run that must find everything as it is."""
    began = time.perf_counter()
    report = await desk.reconcile(since=_SINCE)
    taken = time.perf_counter() - began
    if not report.ok:
        raise RuntimeError(f"the account does not agree: {report.findings[:3]}")
    return taken * 1000
