"""Jobs: on time, each alone, and whatever became of one, the next comes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

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
