from decimal import Decimal

import pytest
import requests
from pybit.exceptions import FailedRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import HttpFault, PaperBybit
from tests.integration.paper.conftest import Connect
from tests.paper_exchange import SECOND, Row, market, refused, rows


@pytest.fixture
def three(exchange: PaperBybit, session: HTTP) -> HTTP:
    """Three executions, each of its own second."""
    for _ in range(3):
        exchange.control.trade_by_hand(1001, "BTCUSDT", "Buy", Decimal("0.1"))
        exchange.control.advance(SECOND)
    return session


def second_page(session: HTTP) -> tuple[list[str], list[str], Row]:
    """The execIds of the first two pages of two rows, and the second page's result."""
    first = session.get_executions(category="linear", limit=2)
    cursor = first["result"]["nextPageCursor"]
    second = session.get_executions(category="linear", limit=2, cursor=cursor)
    ids = [[row["execId"] for row in rows(answer)] for answer in (first, second)]
    return ids[0], ids[1], {**second["result"], "sent": cursor}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors(exchange: PaperBybit, session: HTTP, status: int) -> None:
    exchange.control.break_http(HttpFault("status", path="/v5/execution/*", code=status))
    assert rows(session.get_closed_pnl(category="linear")) == []
    with pytest.raises(FailedRequestError) as caught:
        session.get_executions(category="linear")
    assert caught.value.status_code == status
    assert rows(session.get_executions(category="linear")) == []


@pytest.mark.parametrize("code", [10006, 10016])
def test_ret_codes(exchange: PaperBybit, session: HTTP, code: int) -> None:
    exchange.control.break_http(HttpFault("ret_code", code=code, times=2))
    for _ in range(2):
        with refused(code):
            session.get_executions(category="linear")
    assert rows(session.get_executions(category="linear")) == []


def test_pybit_outlasts_a_single_10006(exchange: PaperBybit, connected: Connect) -> None:
    exchange.control.break_http(HttpFault("ret_code", code=10006))
    assert rows(connected(retry_codes={10006}).get_executions(category="linear")) == []


def test_silence(exchange: PaperBybit, connected: Connect) -> None:
    exchange.control.break_http(HttpFault("timeout", seconds=0.5))
    with pytest.raises(requests.exceptions.ReadTimeout):
        connected(timeout=0.1).get_executions(category="linear")


def test_a_broken_connection(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.break_http(HttpFault("disconnect"))
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get_executions(category="linear")


@pytest.mark.parametrize("kind", ["truncated", "malformed"])
def test_a_body_that_is_not_json(exchange: PaperBybit, three: HTTP, kind: str) -> None:
    exchange.control.break_http(HttpFault(kind))  # type: ignore[arg-type]
    with pytest.raises(FailedRequestError, match="could not decode json"):
        three.get_executions(category="linear")


def test_a_page_that_fails_midway(exchange: PaperBybit, three: HTTP) -> None:
    exchange.control.break_http(HttpFault("ret_code", code=10016, paged=True))
    with refused(10016):
        second_page(three)
    first, second, _ = second_page(three)
    assert len({*first, *second}) == 3


def test_pages_that_overlap(exchange: PaperBybit, three: HTTP) -> None:
    exchange.control.break_http(HttpFault("overlap", rows=1))
    exchange.control.break_http(HttpFault("overlap", rows=1))
    first, second, _ = second_page(three)
    assert second[0] == first[-1]
    assert len(second) == 2
    assert len({*first, *second}) == 3


def test_rows_that_come_twice(exchange: PaperBybit, three: HTTP) -> None:
    exchange.control.break_http(HttpFault("duplicate", rows=2))
    found = [row["execId"] for row in rows(three.get_executions(category="linear"))]
    assert len(found) == 5
    assert len(set(found)) == 3


def test_a_cursor_that_leads_nowhere(exchange: PaperBybit, three: HTTP) -> None:
    exchange.control.break_http(HttpFault("repeat_cursor", paged=True))
    _, _, result = second_page(three)
    assert result["nextPageCursor"] == result["sent"]


def test_faults_may_wait_and_may_last(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.break_http(HttpFault("ret_code", code=10016, skip=1, times=None))
    assert rows(session.get_executions(category="linear")) == []
    for _ in range(3):
        with refused(10016):
            session.get_executions(category="linear")
    exchange.control.heal()
    assert rows(session.get_executions(category="linear")) == []


@pytest.mark.parametrize("kind", ["disconnect", "status"])
def test_an_order_whose_answer_is_lost_did_arrive(exchange: PaperBybit, session: HTTP, kind: str) -> None:
    fault = HttpFault(kind, path="/v5/order/create", after=True)  # type: ignore[arg-type]
    exchange.control.break_http(fault)
    with pytest.raises((FailedRequestError, requests.exceptions.ConnectionError)):
        market(session, "Buy", "0.1", orderLinkId="once")
    with refused(110072):
        market(session, "Buy", "0.1", orderLinkId="once")
    assert len(rows(session.get_executions(category="linear", orderLinkId="once"))) == 1


def test_executions_and_what_follows_from_them_may_lag(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.set_lags(executions=3 * SECOND)
    market(session, "Buy", "0.1")
    market(session, "Sell", "0.1")
    reads = (session.get_executions, session.get_closed_pnl)
    assert [rows(read(category="linear")) for read in reads] == [[], []]
    exchange.control.advance(3 * SECOND)
    assert [len(rows(read(category="linear"))) for read in reads] == [2, 1]
