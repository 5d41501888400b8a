"""Jobs: on time, each alone, and whatever became of one, the next comes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo

import apscheduler.executors.base  # type: ignore[import-untyped]
import apscheduler.schedulers.base  # type: ignore[import-untyped]
import pytest

import reconcile.service.jobs
from reconcile.service.alerts import Alerts
from reconcile.service.jobs import Jobs
from reconcile.service.metrics import Metrics
from reconcile.service.status import JobStatus, ServiceStatus
from tests.following import until
from tests.integration.service.test_alerts import Receiver, receiving


class Office:
    """Jobs of the account `main`, and who is told."""

    def __init__(self, alerts: Alerts, receiver: Receiver) -> None:
        self.status = ServiceStatus(started_at=datetime.now(UTC))
        self.metrics = Metrics(self.status)
        self.receiver = receiver
        self.jobs = Jobs("main", self.status, self.metrics, alerts)

    def job(self, name: str) -> JobStatus:
        return next(job for job in self.status.jobs.values() if job.name == name)


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    async with receiving() as receiver, Alerts([receiver.url], repeat_after=3600, per_hour=100) as alerts:
        one = Office(alerts, receiver)
        yield one
        await one.jobs.stop()


async def test_results_and_next_times_can_be_seen() -> None:
    async with office() as one:

        async def work() -> str:
            return "done"

        one.jobs.every("soon", 3600, work)
        one.jobs.every("later", 3600, work, first=3600)
        one.jobs.daily("nightly", (datetime.now(UTC) + timedelta(hours=2)).time(), work)
        one.jobs.start()
        assert all(job.next_at is not None for job in one.status.jobs.values())
        await until(lambda: one.job("soon").last_result == "done")
        await until(lambda: not one.job("soon").running)
        soon, later, nightly = map(one.job, ("soon", "later", "nightly"))
        assert (soon.last_ok, soon.last_error, soon.account) == (True, None, "main")
        assert later.last_started_at is None
        for job, hours in ((soon, 1), (later, 1), (nightly, 2)):
            assert job.next_at is not None
            assert abs(job.next_at - datetime.now(UTC) - timedelta(hours=hours)) < timedelta(minutes=1)


async def test_an_error_is_told_once_and_ends_nothing() -> None:
    async with office() as one:
        runs: list[int] = []

        async def work() -> str:
            runs.append(1)
            if len(runs) in {2, 3, 5}:
                raise ValueError("no luck")
            return f"run {len(runs)}"

        one.jobs.every("shaky", 0.05, work)
        one.jobs.start()
        await until(lambda: len(runs) > 6)
        assert one.job("shaky").last_error is None
        await until(lambda: len(one.receiver.titles) == 2)
    assert one.receiver.titles == ["main: shaky failed"] * 2  # the third was the second in a row
    assert "ValueError: no luck" in one.receiver.messages[0]["message"]
    assert 'job="shaky"' in one.metrics.render()[0].decode()


async def test_a_job_never_overlaps_itself_and_holds_up_no_other() -> None:
    async with office() as one:
        inside, most, others = 0, 0, 0

        async def slow() -> str:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.3)
            inside -= 1
            return ""

        async def quick() -> str:
            nonlocal others
            others += 1
            return ""

        one.jobs.every("slow", 0.05, slow)
        one.jobs.every("quick", 0.05, quick)
        one.jobs.start()
        await until(lambda: others > 20)
        assert most == 1


async def test_a_job_may_be_wanted_sooner_and_goes_on_in_its_rhythm() -> None:
    async with office() as one:
        runs: list[int] = []

        async def work() -> str:
            runs.append(1)
            return ""

        one.jobs.every("rare", 3600, work, first=3600)
        one.jobs.start()
        one.jobs.soon("rare", 0.05)
        one.jobs.soon("rare", 60)  # later than it is due already
        await until(lambda: runs == [1] and not one.job("rare").running)
        following = one.job("rare").next_at
        assert following is not None
        assert following > datetime.now(UTC) + timedelta(minutes=50)


async def test_what_is_wished_while_it_runs_is_done_once_more_after_that() -> None:
    async with office() as one:
        runs: list[int] = []
        may_end = asyncio.Event()

        async def work() -> str:
            runs.append(1)
            await may_end.wait()
            return ""

        one.jobs.every("long", 3600, work)
        one.jobs.start()
        await until(lambda: one.job("long").running)
        for _ in range(3):
            one.jobs.soon("long", 0.05)
        one.jobs.soon("long", 3000)  # that comes later than the other wish
        await asyncio.sleep(0.3)
        assert runs == [1]
        may_end.set()
        await until(lambda: runs == [1, 1] and not one.job("long").running)
        following = one.job("long").next_at
        assert following is not None
        assert following > datetime.now(UTC) + timedelta(minutes=50)
        await asyncio.sleep(0.3)
        assert runs == [1, 1]


async def test_a_clock_that_is_set_back_pauses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    back = timedelta(0)

    class Clock(datetime):
        """The machine's clock, which a test cannot set, as the scheduler and the jobs read it."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - back

    for module in (apscheduler.schedulers.base, apscheduler.executors.base, reconcile.service.jobs):
        monkeypatch.setattr(module, "datetime", Clock)
    async with office() as one:
        runs: list[int] = []

        async def work() -> str:
            runs.append(1)
            return ""

        one.jobs.every("often", 0.2, work)
        one.jobs.every("rare", 600, work, first=600)
        one.jobs.daily("nightly", (datetime.now(UTC) - timedelta(minutes=30)).time(), work)
        one.jobs.start()
        await until(lambda: len(runs) > 1)
        back = timedelta(hours=1)
        before = len(runs)
        await until(lambda: len(runs) > before + 5)
        for name, minutes in (("rare", 10), ("nightly", 30)):
            following = one.job(name).next_at
            assert following is not None
            assert abs(following - (datetime.now(UTC) - back) - timedelta(minutes=minutes)) < timedelta(minutes=1)


async def test_the_end_ends_what_runs(caplog: pytest.LogCaptureFixture) -> None:
    async with office() as one:
        began = asyncio.Event()

        async def endless() -> str:
            began.set()
            await asyncio.sleep(3600)
            return ""

        one.jobs.every("endless", 3600, endless)
        one.jobs.start()
        await began.wait()
        await one.jobs.stop()
        job = one.job("endless")
        assert (job.running, job.next_at, job.last_ok) == (False, None, False)
        assert 'job="endless"' not in one.metrics.render()[0].decode()  # neither ok nor an error
    assert one.receiver.titles == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
