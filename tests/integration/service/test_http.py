"""Health, status and metrics over a real connection."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from ledger.errors import ConfigurationError
from reconcile.service.http import serving
from reconcile.service.masking import Masker
from reconcile.service.metrics import Metrics
from reconcile.service.status import AccountStatus, JobStatus, ServiceStatus
from tests.http_schemas import SCHEMAS, problems

HOST = "127.0.0.1"
PATHS = ["/healthz", "/readyz", "/status", "/metrics"]


@pytest.fixture
def status() -> ServiceStatus:
    return ServiceStatus(
        started_at=datetime.now(UTC),
        database_ok=True,
        accounts={"main": AccountStatus(name="main", venue="bybit", environment="mainnet", leading=True)},
        jobs={"reconcile:main": JobStatus(name="reconcile", account="main", last_error="refused: hunter22")},
    )


@pytest.fixture
async def client(status: ServiceStatus) -> AsyncIterator[ClientSession]:
    async with (
        serving(HOST, 0, status, Metrics(status), Masker(["hunter22"])) as port,
        ClientSession(f"http://{HOST}:{port}") as session,
    ):
        yield session


async def test_alive_whatever_else_is_wrong(client: ClientSession, status: ServiceStatus) -> None:
    status.database_ok = False
    async with client.get("/healthz") as answer:
        assert answer.status == 200
        document = await answer.json()
    assert problems("healthz", document) == []


async def test_ready_or_why_not(client: ClientSession, status: ServiceStatus) -> None:
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        document = await answer.json()
    assert problems("readyz", document) == []
    assert document == {"ready": False, "not_ready": ["account main: not reconciled yet"]}
    status.accounts["main"].reconciliation = "ok"
    async with client.get("/readyz") as answer:
        assert answer.status == 200
        document = await answer.json()
    assert problems("readyz", document) == []
    assert document == {"ready": True, "not_ready": []}


async def test_a_reason_shows_no_secret(client: ClientSession, status: ServiceStatus) -> None:
    account = status.accounts["main"]
    account.reconciliation, account.reason = "degraded", "GET /x?api_key=abc refused hunter22"
    for path in ("/readyz", "/status"):
        async with client.get(path) as answer:
            text = await answer.text()
        assert "degraded" in text
        assert "hunter22" not in text
        assert "abc" not in text


async def test_status_is_of_the_documented_form(client: ClientSession) -> None:
    async with client.get("/status") as answer:
        assert answer.status == 200
        document = await answer.json()
    assert problems("status", document) == []
    assert document["accounts"]["main"]["leading"] is True
    assert document["jobs"]["reconcile:main"]["last_error"] == "refused: ****"


async def test_metrics_are_what_prometheus_reads(client: ClientSession) -> None:
    async with client.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,*/*"}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        families = list(text_string_to_metric_families(await answer.text()))
    leaders = [sample for family in families for sample in family.samples if family.name == "fifoledger_leader"]
    assert [(sample.labels, sample.value) for sample in leaders] == [({"account": "main"}, 1)]


@pytest.mark.parametrize("path", PATHS)
async def test_head_answers_as_get_without_a_body(client: ClientSession, path: str) -> None:
    async with client.get(path) as get, client.head(path) as head:
        assert (head.status, head.headers["Content-Type"]) == (get.status, get.headers["Content-Type"])
        assert await head.read() == b""


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_changed(client: ClientSession, path: str, method: str) -> None:
    async with client.request(method, path, json={"draining": True}) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"
        assert problems("error", await answer.json()) == []


@pytest.mark.parametrize("path", ["/", "/metrics/", "/status/x", "/..%2f..%2fetc/passwd", "/%ff"])
async def test_another_path_is_not_found(client: ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.status == 404
        assert problems("error", await answer.json()) == []


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_keeps_an_answer(client: ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_port_that_is_taken_is_named(status: ServiceStatus) -> None:
    async with serving(HOST, 0, status, Metrics(status)) as port:
        with pytest.raises(ConfigurationError, match=f"SERVICE_PORT: cannot listen on {HOST} port {port}"):
            async with serving(HOST, port, status, Metrics(status)):
                pass
    async with serving(HOST, port, status, Metrics(status)) as again:
        assert again == port


async def test_an_address_of_nobody_is_named(status: ServiceStatus) -> None:
    with pytest.raises(ConfigurationError, match="SERVICE_HOST"):
        async with serving("192.0.2.1", 0, status, Metrics(status)):
            pass


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_documented_forms_are_schemas_and_refuse_what_is_not_in_them(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert problems(name, {"status": "ok", "error": "x", "ready": True, "not_ready": [], "more": 1})
    assert problems(name, {})
