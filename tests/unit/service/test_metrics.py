"""What Prometheus reads, as Prometheus reads it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from prometheus_client.parser import text_string_to_metric_families

from reconcile.service.metrics import Metrics
from reconcile.service.status import AccountStatus, ServiceStatus
from tests.service_status import statuses

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def samples(metrics: Metrics) -> Samples:
    body, content_type = metrics.render()
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(body.decode()):
        assert family.documentation, family.name
        assert family.type != "unknown", family.name
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"fifoledger_{name}", frozenset(labels.items())))


@pytest.fixture
def status() -> ServiceStatus:
    main = AccountStatus(name="main", venue="bybit", environment="mainnet")
    return ServiceStatus(started_at=datetime.now(UTC), database_ok=True, accounts={"main": main})


def test_executions_are_counted_by_type_and_their_lag_is_measured(status: ServiceStatus) -> None:
    metrics = Metrics(status)
    for exec_type, lag in (("Trade", 0.2), ("Trade", 0.9), ("Funding", None), ("Trade", -0.003)):
        metrics.booked("main", exec_type, lag)
    found = samples(metrics)
    assert value(found, "executions_booked_total", account="main", exec_type="Trade") == 3
    assert value(found, "executions_booked_total", account="main", exec_type="Funding") == 1
    assert value(found, "booking_lag_seconds_count", account="main") == 3
    assert value(found, "booking_lag_seconds_bucket", account="main", le="0.5") == 2
    assert value(found, "booking_lag_seconds_bucket", account="main", le="1.0") == 3
    # A venue's clock that is ahead makes no negative lag.
    assert value(found, "booking_lag_seconds_sum", account="main") == pytest.approx(1.1)


def test_reconciliations_jobs_budget_cache_and_alerts(status: ServiceStatus) -> None:
    metrics = Metrics(status)
    account = status.accounts["main"]
    for result, seconds in (("ok", 2.0), ("ok", 3.0), ("degraded", 60.0)):
        account.reconciliation = result  # type: ignore[assignment]  # one of the three
        metrics.reconciled("main", account, seconds)
    metrics.job_ended("verify", "main", 12.0, True)
    metrics.job_ended("verify", "main", 1.0, False)
    metrics.job_ended("cleaning", None, 1.0, True)
    metrics.budget("main", 37, 50)
    metrics.cache_repaired("main", 4)
    metrics.alert("findings", True)
    metrics.alert("findings", False)
    found = samples(metrics)
    assert value(found, "reconciliations_total", account="main", result="ok") == 2
    assert value(found, "reconciliations_total", account="main", result="degraded") == 1
    assert value(found, "reconciliation_seconds_sum", account="main") == 65
    assert value(found, "job_runs_total", job="verify", account="main", result="ok") == 1
    assert value(found, "job_runs_total", job="verify", account="main", result="error") == 1
    assert value(found, "job_seconds_count", job="verify", account="main") == 2
    assert value(found, "job_runs_total", job="cleaning", account="", result="ok") == 1
    assert value(found, "request_budget_left", account="main") == 37
    assert value(found, "request_budget_limit", account="main") == 50
    assert value(found, "cache_repairs_total", account="main") == 4
    assert value(found, "alerts_total", kind="findings", sent="yes") == 1
    assert value(found, "alerts_total", kind="findings", sent="no") == 1


def test_gauges_are_read_when_they_are_scraped(status: ServiceStatus) -> None:
    metrics = Metrics(status)
    account = status.accounts["main"]
    account.leading, account.stream, account.reconciliation = True, "live", "findings"
    account.reconciled_at = datetime.now(UTC) - timedelta(seconds=100)
    account.problems, account.residual, account.may_withdraw = {"unexplained": 2}, Decimal("0.5"), True
    found = samples(metrics)
    assert value(found, "ready") == 1
    assert value(found, "leader", account="main") == 1
    assert value(found, "stream_state", account="main", state="live") == 1
    assert value(found, "stream_state", account="main", state="off") == 0
    assert value(found, "reconciliation_result", account="main", result="findings") == 1
    assert value(found, "reconciliation_result", account="main", result="ok") == 0
    assert value(found, "problems", account="main", kind="unexplained") == 2
    assert value(found, "residual", account="main") == 0.5
    assert value(found, "key_may_withdraw", account="main") == 1
    age = value(found, "reconciliation_age_seconds", account="main")
    assert age is not None
    assert 100 <= age < 130
    status.draining = True
    assert value(samples(metrics), "ready") == 0
    assert value(samples(metrics), "draining") == 1


def test_an_instance_that_does_not_lead_says_nothing_of_what_it_cannot_know(status: ServiceStatus) -> None:
    account = status.accounts["main"]
    account.reconciliation, account.problems = "degraded", {"unexplained": 1}
    account.reconciled_at = datetime.now(UTC) - timedelta(days=1)
    found = samples(Metrics(status))
    assert value(found, "leader", account="main") == 0
    told = {name for name, _ in found}
    assert told.isdisjoint(
        f"fifoledger_{name}" for name in ("reconciliation_age_seconds", "reconciliation_result", "problems", "residual")
    )


def test_the_process_shows_its_memory_and_start(status: ServiceStatus) -> None:
    found = samples(Metrics(status))
    assert found["process_resident_memory_bytes", frozenset()] > 2**20
    assert found["process_start_time_seconds", frozenset()] > 0


def test_two_services_in_one_process_do_not_count_together(status: ServiceStatus) -> None:
    one, other = Metrics(status), Metrics(status)
    one.cache_repaired("main", 3)
    assert value(samples(other), "cache_repairs_total", account="main") is None


@given(statuses())
def test_every_status_can_be_scraped(status: ServiceStatus) -> None:
    found = samples(Metrics(status))
    assert value(found, "ready") == status.ready
    for account in status.accounts.values():
        assert value(found, "leader", account=account.name) == account.leading
