from decimal import Decimal
from urllib.parse import unquote

import pytest
from pybit.exceptions import InvalidRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit, paper_bybit
from tests.paper_exchange import DAY, SECOND, START, WEEK, Row, connect, market, refused, rows, walk


def times(found: list[Row]) -> list[int]:
    return [int(row["execTime"]) for row in found]


def daily(exchange: PaperBybit, session: HTTP, days: int) -> list[int]:
    """One purchase a day, the first at START."""
    made = []
    for _ in range(days):
        made.append(exchange.control.now())
        market(session, "Buy", "0.001")
        exchange.control.advance(DAY)
    return made


def test_without_times_the_last_seven_days_are_read(exchange: PaperBybit, session: HTTP) -> None:
    made = daily(exchange, session, 10)
    # The day that passed after the last purchase leaves those of seven days, both ends included.
    assert times(rows(session.get_executions(category="linear"))) == made[:2:-1]


def test_one_time_alone_reads_seven_days_from_it_or_to_it(exchange: PaperBybit, session: HTTP) -> None:
    made = daily(exchange, session, 12)
    assert times(rows(session.get_executions(category="linear", startTime=made[1]))) == made[8:0:-1]
    assert times(rows(session.get_executions(category="linear", endTime=made[9]))) == made[9:1:-1]


def test_a_window_is_seven_days_at_most(exchange: PaperBybit, session: HTTP) -> None:
    daily(exchange, session, 1)
    assert rows(session.get_executions(category="linear", startTime=START, endTime=START + WEEK))
    with refused(10001):
        session.get_executions(category="linear", startTime=START, endTime=START + WEEK + 1)
    with refused(10001):
        session.get_executions(category="linear", startTime=START + 1, endTime=START)


def test_times_have_thirteen_digits(session: HTTP) -> None:
    with refused(10001):
        session.get_executions(category="linear", startTime=START // 1000, endTime=START // 1000 + 1)


def test_category_is_required_and_known(session: HTTP) -> None:
    with refused(10001):
        session.get_executions()
    with refused(10001):
        session.get_executions(category="futures")


def test_two_years_are_kept(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.001")
    window = {"startTime": START - DAY, "endTime": START + DAY}
    exchange.control.advance(730 * DAY - SECOND)
    assert len(rows(session.get_executions(category="linear", **window))) == 1
    exchange.control.advance(2 * SECOND)
    assert rows(session.get_executions(category="linear", **window)) == []


@pytest.mark.parametrize(("asked", "given"), [(None, 50), (0, 1), (7, 7), (100, 100), (500, 100)])
def test_a_page_has_fifty_rows_and_at_most_a_hundred(
    exchange: PaperBybit, user_with_many: HTTP, asked: int | None, given: int
) -> None:
    query = {} if asked is None else {"limit": asked}
    assert len(rows(user_with_many.get_executions(category="linear", **query))) == given


@pytest.fixture
def user_with_many(exchange: PaperBybit, session: HTTP) -> HTTP:
    """103 executions, all of the same millisecond."""
    for _ in range(103):
        exchange.control.trade_by_hand(1001, "BTCUSDT", "Buy", Decimal("0.001"))
    return session


def test_equal_times_come_in_no_particular_order_but_each_row_once(user_with_many: HTTP) -> None:
    pages = walk(user_with_many.get_executions, category="linear", limit=20)
    found = [row["execId"] for page in pages for row in page]
    assert [len(page) for page in pages] == [20, 20, 20, 20, 20, 3]
    assert len(set(found)) == 103
    sequence = [row["seq"] for page in pages for row in page]
    assert sequence != sorted(sequence)
    assert sequence != sorted(sequence, reverse=True)


def test_rows_that_arrive_during_the_walk_do_not_shift_its_pages(exchange: PaperBybit, user_with_many: HTTP) -> None:
    query = {"category": "linear", "limit": 60, "startTime": START - 1, "endTime": START + DAY}
    first = user_with_many.get_executions(**query)
    exchange.control.advance(SECOND)
    market(user_with_many, "Buy", "0.001")
    second = user_with_many.get_executions(**query, cursor=first["result"]["nextPageCursor"])
    assert len({row["execId"] for row in rows(first) + rows(second)}) == 103


def test_cursors_are_opaque_and_belong_to_their_query(user_with_many: HTTP) -> None:
    cursor = user_with_many.get_executions(category="linear", limit=5)["result"]["nextPageCursor"]
    assert "%" in cursor
    for wrong in ("3", unquote(cursor), cursor + "0"):
        with refused(10001):
            user_with_many.get_executions(category="linear", limit=5, cursor=wrong)
    with refused(10001):
        user_with_many.get_executions(category="linear", symbol="BTCUSDT", limit=5, cursor=cursor)


def test_order_id_goes_before_link_id_before_symbol_before_base_coin(session: HTTP) -> None:
    first = market(session, "Buy", "0.001", orderLinkId="one")
    market(session, "Buy", "0.002", orderLinkId="two")
    market(session, "Buy", "0.1", "ETHUSDT")

    def quantities(**query: str) -> list[str]:
        return sorted(row["execQty"] for row in rows(session.get_executions(category="linear", **query)))

    assert quantities(orderId=first, orderLinkId="two", symbol="ETHUSDT") == ["0.001"]
    assert quantities(orderLinkId="two", symbol="ETHUSDT") == ["0.002"]
    assert quantities(symbol="BTCUSDT", baseCoin="ETH") == ["0.001", "0.002"]
    assert quantities(baseCoin="ETH") == ["0.1"]


def test_exec_type_filters(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.001")
    exchange.control.charge_funding("BTCUSDT", Decimal("0.0001"))
    assert [row["execType"] for row in rows(session.get_executions(category="linear", execType="Funding"))] == [
        "Funding"
    ]


def test_options_answer_empty(session: HTTP) -> None:
    assert rows(session.get_executions(category="option")) == []


def test_fee_currency_is_empty_before_september_2025_and_absent_on_old_spot_rows() -> None:
    with_moments = {1_700_000_000_000: (None, ""), 1_730_000_000_000: ("BTC", ""), START: ("BTC", "USDT")}
    for start, expected in with_moments.items():
        with paper_bybit(start=start) as exchange:
            session = connect(exchange, exchange.control.create_account())
            market(session, "Buy", "100", category="spot")
            market(session, "Buy", "0.001")
            spot, linear = (rows(session.get_executions(category=one))[0] for one in ("spot", "linear"))
            assert (spot.get("feeCurrency"), linear["feeCurrency"]) == expected
            session.client.close()


def test_executions_carry_no_position_index_and_closed_size_splits_a_turn(session: HTTP) -> None:
    market(session, "Buy", "0.003")
    turn = market(session, "Sell", "0.005")
    row = rows(session.get_executions(category="linear", orderId=turn))[0]
    assert "positionIdx" not in row
    assert (row["execQty"], row["closedSize"]) == ("0.005", "0.003")
    leg = rows(session.get_positions(category="linear", symbol="BTCUSDT"))[0]
    assert (leg["side"], leg["size"], leg["seq"]) == ("Sell", "0.002", row["seq"])


def test_a_failed_window_is_an_error_not_an_empty_list(session: HTTP) -> None:
    with pytest.raises(InvalidRequestError):
        session.get_executions(category="linear", limit="many")
