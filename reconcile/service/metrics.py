"""What Prometheus reads. Counters and histograms are told what happens; the rest is read from the status."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from reconcile.service.status import AccountStatus, Result, ServiceStatus, StreamState

# A second is the promise of the stream; what REST fetches may be days old.
_LAG = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400)
_DURATION = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self, status: ServiceStatus) -> None:
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        registry.register(_FromStatus(status))
        self._booked = Counter(
            "fifoledger_executions_booked", "Executions booked.", ["account", "exec_type"], registry=registry
        )
        self._lag = Histogram(
            "fifoledger_booking_lag_seconds",
            "From an execution at the venue to its booking.",
            ["account"],
            buckets=_LAG,
            registry=registry,
        )
        self._reconciliations = Counter(
            "fifoledger_reconciliations",
            "Reconciliations finished, by result.",
            ["account", "result"],
            registry=registry,
        )
        self._reconciling = Histogram(
            "fifoledger_reconciliation_seconds",
            "How long reconciliations took.",
            ["account"],
            buckets=_DURATION,
            registry=registry,
        )
        self._budget_left = Gauge(
            "fifoledger_request_budget_left",
            "Requests that the venue still allows.",
            ["account"],
            registry=registry,
        )
        self._budget_limit = Gauge(
            "fifoledger_request_budget_limit",
            "Requests that the venue allows.",
            ["account"],
            registry=registry,
        )
        self._cache_repairs = Counter(
            "fifoledger_cache_repairs", "Cached positions that were written again.", ["account"], registry=registry
        )
        self._jobs = Counter(
            "fifoledger_job_runs", "Runs of scheduled jobs, by result.", ["job", "account", "result"], registry=registry
        )
        self._job_seconds = Histogram(
            "fifoledger_job_seconds",
            "How long scheduled jobs took.",
            ["job", "account"],
            buckets=_DURATION,
            registry=registry,
        )
        self._alerts = Counter(
            "fifoledger_alerts", "Alerts, by whether they were sent.", ["kind", "sent"], registry=registry
        )

    def booked(self, account: str, exec_type: str, lag: float | None) -> None:
        """One execution was booked, `lag` seconds after it happened (None: unknown, or not worth counting)."""
        self._booked.labels(account, exec_type).inc()
        if lag is not None:
            self._lag.labels(account).observe(max(lag, 0.0))

    def reconciled(self, account: str, status: AccountStatus, seconds: float) -> None:
        """A reconciliation has ended and `status` says how."""
        self._reconciliations.labels(account, status.reconciliation or "degraded").inc()
        self._reconciling.labels(account).observe(seconds)

    def budget(self, account: str, left: float, limit: float) -> None:
        """How many requests the venue allows, and how many of them are left."""
        self._budget_left.labels(account).set(left)
        self._budget_limit.labels(account).set(limit)

    def cache_repaired(self, account: str, n: int = 1) -> None:
        """So many cached positions were not what the ledger says and were written again."""
        self._cache_repairs.labels(account).inc(n)

    def job_ended(self, job: str, account: str | None, seconds: float, ok: bool) -> None:
        """A scheduled job has ended."""
        self._jobs.labels(job, account or "", "ok" if ok else "error").inc()
        self._job_seconds.labels(job, account or "").observe(seconds)

    def alert(self, kind: str, sent: bool) -> None:
        """An alert was sent, or the try to send it failed."""
        self._alerts.labels(kind, "yes" if sent else "no").inc()

    def render(self) -> tuple[bytes, str]:
        """Prometheus' text format 0.0.4, which all of its versions read, and its content type."""
        encoded, content_type = choose_encoder("")
        return encoded(self.registry), content_type


class _FromStatus(Collector):
    """Gauges that are what the status says at the moment of the scrape."""

    def __init__(self, status: ServiceStatus) -> None:
        self._status = status

    def describe(self) -> Iterator[Metric]:
        """Names without values, so that registering asks nothing of the status."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """The gauges of the service, then those of each account."""
        status = self._status
        yield _single("fifoledger_ready", "Whether /readyz says so.", status.ready)
        yield _single("fifoledger_draining", "Whether the service is stopping.", status.draining)
        yield _single("fifoledger_database_up", "Whether PostgreSQL answers.", status.database_ok)
        accounts = list(status.accounts.values())
        yield _of_accounts("fifoledger_leader", "Whether this instance leads for the account.", accounts, "leading")
        yield _states(accounts)
        # What an instance knew when it led last says nothing of now.
        leading = [account for account in accounts if account.leading]
        yield _ages(leading)
        yield _results(leading)
        yield _problems(leading)
        yield _of_accounts(
            "fifoledger_residual", "Sum of |ledger − venue| over the account's lines.", leading, "residual"
        )
        yield _of_accounts("fifoledger_key_may_withdraw", "Whether the key may withdraw.", accounts, "may_withdraw")


def _single(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _of_accounts(name: str, text: str, accounts: list[AccountStatus], attribute: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["account"])
    for account in accounts:
        value = getattr(account, attribute)
        if value is not None:
            family.add_metric([account.name], float(value))
    return family


def _ages(accounts: list[AccountStatus]) -> Metric:
    text = "Since the last reconciliation."
    family = GaugeMetricFamily("fifoledger_reconciliation_age_seconds", text, labels=["account"])
    now = datetime.now(UTC)
    for account in accounts:
        if account.reconciled_at is not None:
            family.add_metric([account.name], max((now - account.reconciled_at).total_seconds(), 0.0))
    return family


def _states(accounts: list[AccountStatus]) -> Metric:
    text = "State of the private stream: 1 for the one it is in."
    family = GaugeMetricFamily("fifoledger_stream_state", text, labels=["account", "state"])
    for account in accounts:
        for state in get_args(StreamState):
            family.add_metric([account.name, state], float(account.stream == state))
    return family


def _results(accounts: list[AccountStatus]) -> Metric:
    text = "Result of the last reconciliation: 1 for the one it had."
    family = GaugeMetricFamily("fifoledger_reconciliation_result", text, labels=["account", "result"])
    for account in accounts:
        for result in get_args(Result) if account.reconciliation else ():
            family.add_metric([account.name, result], float(account.reconciliation == result))
    return family


def _problems(accounts: list[AccountStatus]) -> Metric:
    family = GaugeMetricFamily("fifoledger_problems", "Findings that wait for a person.", labels=["account", "kind"])
    for account in accounts:
        for kind, count in account.problems.items():
            family.add_metric([account.name, kind], count)
    return family
