import hashlib
import hmac
import time

import pytest
import requests
from pybit.exceptions import FailedRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import Credentials, PaperBybit, Policy, paper_bybit
from tests.integration.paper.conftest import Connect
from tests.paper_exchange import DAY, SECOND, START, Row, connect, market, refused, rows


def signed(exchange: PaperBybit, who: Credentials, query: str, sent_query: str, timestamp: int) -> Row:
    """A request whose signature covers `query` while `sent_query` is sent."""
    text = f"{timestamp}{who.api_key}5000{query}"
    headers = {
        "X-BAPI-API-KEY": who.api_key,
        "X-BAPI-TIMESTAMP": str(timestamp),
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": hmac.new(who.api_secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
    }
    answer = requests.get(f"{exchange.url}/v5/execution/list?{sent_query}", headers=headers, timeout=5)
    found: Row = answer.json()
    return found


def test_unknown_keys_are_refused(exchange: PaperBybit, connected: Connect) -> None:
    with refused(10003):
        connected(Credentials(1, "nobody", "x")).get_executions(category="linear")


def test_wrong_secrets_are_refused(user: Credentials, connected: Connect) -> None:
    wrong = connected(Credentials(user.uid, user.api_key, "wrong"))
    with refused(10004):
        wrong.get_executions(category="linear")
    with refused(10004):
        market(wrong, "Buy", "0.1")


def test_the_signature_covers_the_query_as_it_was_sent(exchange: PaperBybit, user: Credentials) -> None:
    query = "category=linear&limit=5"
    assert signed(exchange, user, query, query, START)["retCode"] == 0
    assert signed(exchange, user, query, "limit=5&category=linear", START)["retCode"] == 10004
    assert signed(exchange, user, query, "category=linear&limit=6", START)["retCode"] == 10004


@pytest.mark.parametrize(
    ("late_by", "code"), [(0, 0), (5000, 0), (5001, 10002), (-999, 0), (-1000, 10002), (DAY, 10002)]
)
def test_timestamps_must_lie_in_the_window(late_by: int, code: int) -> None:
    query = "category=linear"
    with paper_bybit(start=START, policy=Policy(strict_timestamps=True)) as exchange:
        who = exchange.control.create_account()
        assert signed(exchange, who, query, query, START - late_by)["retCode"] == code


def test_the_clock_of_a_client_does_not_stand_still_with_the_servers(exchange: PaperBybit, user: Credentials) -> None:
    query = "category=linear"
    time.sleep(0.2)
    assert signed(exchange, user, query, query, START + 1150)["retCode"] == 0
    assert signed(exchange, user, query, query, START + 60_000)["retCode"] == 10002


def test_a_skewed_server_refuses_the_clients_clock(exchange: PaperBybit, session: HTTP, connected: Connect) -> None:
    real = session.get_server_time()["time"]
    exchange.control.set_skew(20 * SECOND)
    with refused(10002):
        session.get_executions(category="linear")
    assert session.get_server_time()["time"] == real + 20 * SECOND
    # pybit itself tries again with longer windows, in vain.
    patient = connected(retry_codes={10002}, retry_delay=0, max_retries=3)
    with pytest.raises(FailedRequestError, match="retries exceeded"):
        patient.get_executions(category="linear")
    exchange.control.heal()
    assert rows(session.get_executions(category="linear")) == []


def test_a_strict_server_knows_only_its_own_time() -> None:
    with paper_bybit(start=START, policy=Policy(strict_timestamps=True)) as exchange:
        who = exchange.control.create_account()
        session = connect(exchange, who)
        with refused(10002):
            session.get_executions(category="linear")
        assert signed(exchange, who, "category=linear", "category=linear", START)["retCode"] == 0
        exchange.control.set_time(int(time.time() * 1000))
        assert rows(session.get_executions(category="linear")) == []
        session.client.close()


def test_keys_that_can_only_read_change_nothing(exchange: PaperBybit, connected: Connect) -> None:
    reader = connected(exchange.control.create_key(1001, trade=False))
    assert rows(reader.get_executions(category="linear")) == []
    for change in (
        lambda: market(reader, "Buy", "0.1"),
        lambda: reader.cancel_all_orders(category="linear", settleCoin="USDT"),
        lambda: reader.switch_position_mode(category="linear", symbol="BTCUSDT", mode=3),
    ):
        with refused(10005):
            change()


@pytest.mark.parametrize(("trade", "withdraw"), [(True, False), (False, False), (True, True)])
def test_a_key_knows_what_it_may_do(
    exchange: PaperBybit, user: Credentials, connected: Connect, trade: bool, withdraw: bool
) -> None:
    who = exchange.control.create_key(user.uid, trade=trade, withdraw=withdraw)
    result = connected(who).get_api_key_information()["result"]
    assert (result["readOnly"], result["userID"], result["apiKey"]) == (int(not trade), user.uid, who.api_key)
    assert ("Withdraw" in result["permissions"]["Wallet"]) == withdraw


def test_accounts_do_not_see_each_other(exchange: PaperBybit, session: HTTP, connected: Connect) -> None:
    other = connected(exchange.control.create_account(2002, parent_uid=1001))
    market(session, "Buy", "0.1", orderLinkId="same")
    market(other, "Sell", "0.2", orderLinkId="same")
    assert [row["side"] for row in rows(session.get_executions(category="linear"))] == ["Buy"]
    assert [row["side"] for row in rows(other.get_executions(category="linear"))] == ["Sell"]
