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
_LOOK = 1.0  # seconds between two looks at the machine's clock
_SET_BACK = 1.0  # seconds; less than that in one look is the clock's own unevenness


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
        self._wanted: dict[str, float] = {}  # again, once the present run has ended: when, by the monotonic clock
        self._watching: asyncio.Task[None] | None = None
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
        """Does it in so many seconds unless it is due before, and goes on in its rhythm from there.

        What is wished while it runs is done once more after that.
        """
        state = self._status.jobs.get(self._key(name))
        if state is not None and state.running:
            at = clock.monotonic() + seconds
            self._wanted[name] = min(at, self._wanted.get(name, at))
            return
        job = self._scheduler.get_job(name)
        wanted = datetime.now(UTC) + timedelta(seconds=seconds)
        if job is not None and (job.next_run_time is None or job.next_run_time > wanted):
            job.modify(next_run_time=wanted)
            self._status.jobs[self._key(name)].next_at = wanted

    def start(self) -> None:
        """Begins."""
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch_clock())
        for job in self._scheduler.get_jobs():
            self._status.jobs[self._key(job.id)].next_at = job.next_run_time

    async def stop(self) -> None:
        """Starts none any more, and ends those that run: each may be ended anywhere and done again."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        running = {task for task in self._running if task is not asyncio.current_task()}
        if self._watching is not None:
            running.add(self._watching)
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
            task.add_done_callback(lambda _: self._again(name))  # the scheduler has heard of its end by then
            try:
                await self._run(name, work)
            except asyncio.CancelledError:  # stopped, which is no error; the scheduler would log it as one
                log.info("job stopped", job=name, account=self._account)
            finally:
                self._running.discard(task)

        self._scheduler.add_job(run, trigger, id=name, name=self._key(name), **options)

    def _again(self, name: str) -> None:
        """What was wished while it ran."""
        at = self._wanted.pop(name, None)
        if at is not None and self._scheduler.running:
            self.soon(name, max(at - clock.monotonic(), 0.0))

    async def _watch_clock(self) -> None:
        """The scheduler goes by the machine's clock: set back, it would pause everything for as long."""
        ahead = datetime.now(UTC).timestamp() - clock.monotonic()
        while True:
            await asyncio.sleep(_LOOK)
            before, ahead = ahead, datetime.now(UTC).timestamp() - clock.monotonic()
            if before - ahead > _SET_BACK:
                log.warning("the clock was set back", account=self._account, seconds=round(before - ahead))
                self._follow_clock(timedelta(seconds=before - ahead))

    def _follow_clock(self, set_back: timedelta) -> None:
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            if isinstance(job.trigger, CronTrigger):  # a time of day, whatever the clock says
                following = job.trigger.get_next_fire_time(None, now)
            else:
                following = job.next_run_time - set_back
            job.modify(next_run_time=following)
            self._status.jobs[self._key(job.id)].next_at = following

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
