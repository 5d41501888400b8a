from collections.abc import Iterator

import pytest
import requests
from pybit.exceptions import FailedRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit, paper_bybit
from reconcile.paper.limits import Limits
from tests.paper_exchange import SECOND, START, connect, limit, refused, rows


@pytest.fixture
def strict() -> Iterator[PaperBybit]:
    with paper_bybit(start=START) as running:
        yield running


@pytest.fixture
def hasty(strict: PaperBybit) -> Iterator[HTTP]:
    session = connect(strict, strict.control.create_account(), return_response_headers=True)
    yield session
    session.client.close()


@pytest.mark.parametrize(
    ("path", "category", "per_second"),
    [
        ("/v5/execution/list", "linear", 50),
        ("/v5/order/realtime", "linear", 50),
        ("/v5/order/history", "spot", 50),
        ("/v5/position/list", "linear", 50),
        ("/v5/position/closed-pnl", "inverse", 50),
        ("/v5/account/transaction-log", "", 25),
        ("/v5/order/create", "linear", 10),
        ("/v5/order/create", "spot", 20),
    ],
)
def test_so_many_requests_in_a_rolling_second(path: str, category: str, per_second: int) -> None:
    limits = Limits()
    for number in range(per_second):
        allowed = limits.allow(1, path, category, now=float(number))
        assert (allowed.refused, allowed.limit, allowed.left) == (False, per_second, per_second - number - 1)
    assert limits.allow(1, path, category, now=999.0).refused
    assert not limits.allow(2, path, category, now=999.0).refused
    assert not limits.allow(1, path, category, now=1000.0).refused
    assert limits.allow(1, path, category, now=1000.5).refused


def test_headers_count_down_and_too_much_is_10006(strict: PaperBybit, hasty: HTTP) -> None:
    left: list[int] = []
    for _ in range(10):
        _, _, headers = hasty.set_leverage(
            category="linear", symbol="BTCUSDT", buyLeverage=str(len(left) + 11), sellLeverage=str(len(left) + 11)
        )
        assert headers["X-Bapi-Limit"] == "10"
        left.append(int(headers["X-Bapi-Limit-Status"]))
    assert left == list(range(9, -1, -1))
    with refused(10006):
        hasty.set_leverage(category="linear", symbol="BTCUSDT", buyLeverage="30", sellLeverage="30")
    # The second may pass on the exchange's clock, too.
    strict.control.advance(SECOND)
    hasty.set_leverage(category="linear", symbol="BTCUSDT", buyLeverage="30", sellLeverage="30")


def test_pybit_waits_until_the_moment_of_the_reset_header(strict: PaperBybit) -> None:
    session = connect(strict, strict.control.create_account(), retry_codes={10006})
    for number in range(11):
        limit(session, "Buy", "0.001", str(50000 + number))
    assert len(rows(session.get_open_orders(category="linear", symbol="BTCUSDT"))) == 11
    session.client.close()


def test_an_address_with_too_many_requests_in_five_seconds_is_banned_for_ten_minutes(strict: PaperBybit) -> None:
    assert strict.venue.limits.ip_requests == 600
    strict.venue.limits.ip_requests = 60  # as many as a busy machine sends in this time
    with requests.Session() as session:
        url = f"{strict.url}/v5/market/time"
        answers = [session.get(url, timeout=5).status_code for _ in range(61)]
        assert answers == [200] * 60 + [403]
        strict.control.advance(599 * SECOND)
        assert session.get(url, timeout=5).status_code == 403
        strict.control.advance(1 * SECOND)
        assert session.get(url, timeout=5).status_code == 200


def test_pybit_sees_a_ban_as_a_failed_request(strict: PaperBybit, hasty: HTTP) -> None:
    strict.venue.limits.ip_requests = 0
    with pytest.raises(FailedRequestError) as caught:
        hasty.get_executions(category="linear")
    assert caught.value.status_code == 403
    strict.venue.limits.ip_requests = 600
    strict.control.heal()
    hasty.get_executions(category="linear")
