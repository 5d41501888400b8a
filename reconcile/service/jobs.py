"""What is done again and again for one account: each job alone, on time, and whatever became of it last time."""

import asyncio
import time as clock
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from reconcile.logs import get_logger
from reconcile.service.alerts import Alerts
from reconcile.service.metrics import Metrics
from reconcile.service.status import JobStatus, ServiceStatus

log = get_logger(__name__)

Work = Callable[[], Awaitable[str]]
_GRACE = 60  # seconds that a job may come late, after a busy moment or a suspended machine


class Jobs:
    """The jobs of one account, while this service leads for it.

    A job never overlaps itself. Its errors are logged, counted, told and shown, and end nothing.
    """

    def __init__(self, account: str, status: ServiceStatus, metrics: Metrics, alerts: Alerts) -> None:
        self._account = account
        self._status = status
        self._metrics = metrics
        self._alerts = alerts
        self._running: set[asyncio.Task[None]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": _GRACE}
        )

    def every(self, name: str, seconds: float, work: Work, *, first: float = 0.0) -> None:
        """Does it every so many seconds, for the first time `first` seconds from now. It answers a line for people."""
        start = datetime.now(UTC) + timedelta(seconds=first)
        trigger = IntervalTrigger(seconds=seconds, timezone=UTC)
        self._add(name, work, trigger, next_run_time=start)

    def daily(self, name: str, at: time, work: Work) -> None:
        """Does it every day at a time of day, UTC."""
        self._add(name, work, CronTrigger(hour=at.hour, minute=at.minute, second=at.second, timezone=UTC))

    def soon(self, name: str, seconds: float) -> None:
        """Does it in so many seconds unless it is due before, and goes on in its rhythm from there."""
        job = self._scheduler.get_job(name)
        wanted = datetime.now(UTC) + timedelta(seconds=seconds)
        if job is not None and (job.next_run_time is None or job.next_run_time > wanted):
            job.modify(next_run_time=wanted)
            self._status.jobs[self._key(name)].next_at = wanted

    def start(self) -> None:
        """Begins."""
        self._scheduler.start()
        for job in self._scheduler.get_jobs():
            self._status.jobs[self._key(job.id)].next_at = job.next_run_time

    async def stop(self) -> None:
        """Starts none any more, and ends those that run: each may be ended anywhere and done again."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        running = {task for task in self._running if task is not asyncio.current_task()}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        for key, job in self._status.jobs.items():
            if key.endswith(f":{self._account}"):
                job.next_at, job.running = None, False

    def _key(self, name: str) -> str:
        return f"{name}:{self._account}"

    def _add(self, name: str, work: Work, trigger: object, **options: object) -> None:
        self._status.jobs.setdefault(self._key(name), JobStatus(name=name, account=self._account))

        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - for the type: a coroutine runs in a task
            self._running.add(task)
            try:
                await self._run(name, work)
            except asyncio.CancelledError:  # stopped, which is no error; the scheduler would log it as one
                log.info("job stopped", job=name, account=self._account)
            finally:
                self._running.discard(task)

        self._scheduler.add_job(run, trigger, id=name, name=self._key(name), **options)

    async def _run(self, name: str, work: Work) -> None:
        state = self._status.jobs[self._key(name)]
        state.running, state.last_started_at = True, datetime.now(UTC)
        began = clock.monotonic()
        ok = False
        try:
            state.last_result, state.last_error, ok = await work(), None, True
            self._alerts.cleared(f"job:{self._key(name)}")
        except asyncio.CancelledError:
            state.last_error = "stopped"
            raise
        except Exception as error:
            state.last_error = f"{type(error).__name__}: {error}"
            log.exception("job failed", job=name, account=self._account)
            await self._alerts.tell(
                f"job:{self._key(name)}", f"{self._account}: {name} failed", state.last_error, "job_failed"
            )
        finally:
            state.running, state.last_finished_at, state.last_ok = False, datetime.now(UTC), ok
            job = self._scheduler.get_job(name) if self._scheduler.running else None
            state.next_at = job.next_run_time if job is not None else None
        self._metrics.job_ended(name, self._account, clock.monotonic() - began, ok)
