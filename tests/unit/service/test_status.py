"""When the service is ready, and why not."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from reconcile.service.status import AccountStatus, JobStatus, ServiceStatus
from tests.http_schemas import SCHEMAS, problems
from tests.service_status import statuses

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def service(**account: Any) -> ServiceStatus:
    known = {"name": "main", "venue": "bybit", "environment": "mainnet"}
    return ServiceStatus(started_at=NOW, database_ok=True, accounts={"main": AccountStatus(**(known | account))})


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ({"leading": False}, None),
        ({"leading": False, "reconciliation": "degraded"}, None),
        ({"leading": False, "not_served": "another key"}, "account main: not served: another key"),
        ({"leading": True}, "account main: not reconciled yet"),
        ({"leading": True, "reconciliation": "ok"}, None),
        ({"leading": True, "reconciliation": "findings"}, None),
        (
            {"leading": True, "reconciliation": "degraded", "reason": "timeout"},
            "account main: the last reconciliation is degraded: timeout",
        ),
    ],
)
def test_an_account_is_ready_when_it_is_reconciled_or_another_leads(
    account: dict[str, Any], reason: str | None
) -> None:
    status = service(**account)
    assert status.not_ready() == ([reason] if reason else [])
    assert status.ready is (reason is None)


def test_the_service_is_not_ready_while_it_stops_or_without_database_or_accounts() -> None:
    status = service()
    assert status.ready
    status.draining = True
    status.database_ok = False
    status.accounts.clear()
    assert status.not_ready() == [
        "the service is stopping",
        "PostgreSQL does not answer",
        "no account is served yet",
    ]


def test_one_account_that_is_not_ready_is_enough() -> None:
    status = service(leading=True, reconciliation="ok")
    status.accounts["sub"] = AccountStatus(name="sub", venue="bybit", environment="mainnet", leading=True)
    assert status.not_ready() == ["account sub: not reconciled yet"]


@given(statuses())
def test_every_status_has_a_document_of_the_documented_form(status: ServiceStatus) -> None:
    document = json.loads(json.dumps(status.document(), allow_nan=False))
    assert problems("status", document) == []
    assert document["ready"] is (document["not_ready"] == [])


def test_the_documented_form_names_every_field() -> None:
    schema = SCHEMAS["status"]
    for names, kind in (
        (set(schema["required"]) - {"ready", "not_ready"}, ServiceStatus),
        (set(schema["$defs"]["account"]["required"]), AccountStatus),
        (set(schema["$defs"]["job"]["required"]), JobStatus),
    ):
        assert names == {field.name for field in dataclasses.fields(kind)}
