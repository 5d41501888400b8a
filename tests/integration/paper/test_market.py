from decimal import Decimal

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import Instrument, PaperBybit, default_instruments, paper_bybit
from tests.paper_exchange import HOUR, SECOND, START, connect, market, refused, rows, walk


def test_server_time(exchange: PaperBybit, session: HTTP) -> None:
    answer = session.get_server_time()
    assert answer["time"] == START
    assert answer["result"] == {"timeSecond": str(START // 1000), "timeNano": str(START * 1_000_000)}
    assert exchange.control.advance(HOUR) == START + HOUR
    assert session.get_server_time()["time"] == START + HOUR
    with pytest.raises(ValueError, match="back"):
        exchange.control.set_time(START)


def test_a_clock_may_run() -> None:
    with paper_bybit(start=START, running=True) as exchange:
        before = exchange.control.now()
        exchange.control.advance(SECOND)
        assert START + SECOND <= before + SECOND <= exchange.control.now() < START + HOUR


def test_instruments_of_every_category(session: HTTP) -> None:
    found = {one: rows(session.get_instruments_info(category=one)) for one in ("linear", "inverse", "spot", "option")}
    linear = {row["symbol"]: row for row in found["linear"]}
    assert (linear["BTCUSDT"]["settleCoin"], linear["BTCPERP"]["settleCoin"]) == ("USDT", "USDC")
    assert linear["BTCUSDT"]["lotSizeFilter"]["qtyStep"] == "0.001"
    assert linear["BTCUSDT"]["priceFilter"]["tickSize"] == "0.1"
    assert {row["settleCoin"] for row in found["inverse"]} == {"BTC", "ETH", "SOL", "XRP"}
    assert {row["contractType"] for row in found["inverse"]} == {"InversePerpetual", "InverseFutures"}
    # One symbol, two markets.
    assert "BTCUSDT" in {row["symbol"] for row in found["spot"]}
    assert found["option"] == []
    with refused(10001):
        session.get_instruments_info(category="linear", symbol="NONEUSDT")


def test_instruments_come_in_pages_of_at_most_a_thousand() -> None:
    many = [
        Instrument("linear", f"C{number}USDT", f"C{number}", "USDT", "USDT", Decimal(1), Decimal("0.1"))
        for number in range(1203)
    ]
    with paper_bybit(start=START, instruments=many) as exchange:
        session = connect(exchange, exchange.control.create_account())
        for query, sizes in (({}, [500, 500, 203]), ({"limit": 1000}, [1000, 203]), ({"limit": 5000}, [1000, 203])):
            pages = walk(session.get_instruments_info, category="linear", **query)
            assert [len(page) for page in pages] == sizes
            assert len({row["symbol"] for page in pages for row in page}) == 1203
        session.client.close()


def test_prices_move_in_all_categories_of_a_symbol_or_in_one(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.move_price("BTCUSDT", Decimal("61000.5"))
    exchange.control.move_price("BTCUSDT", Decimal(62000), category="spot")
    prices = [rows(session.get_tickers(category=one, symbol="BTCUSDT"))[0]["lastPrice"] for one in ("linear", "spot")]
    assert prices == ["61000.5", "62000"]
    with pytest.raises(ValueError, match="NONEUSDT"):
        exchange.control.move_price("NONEUSDT", Decimal(1))


def test_the_same_seed_repeats_everything() -> None:
    def life(seed: int) -> tuple[object, ...]:
        with paper_bybit(seed=seed, start=START) as exchange:
            session = connect(exchange, exchange.control.create_account())
            exchange.control.walk("BTCUSDT", SECOND, Decimal("0.1"), category="linear")
            for side in ("Buy", "Sell", "Buy"):
                market(session, side, "0.1")
                exchange.control.advance(60 * SECOND)
            found = rows(session.get_executions(category="linear"))
            session.client.close()
            return tuple((row["execId"], row["execPrice"], row["seq"]) for row in found)

    assert life(3) == life(3)
    assert life(3) != life(4)


def test_default_instruments_are_listed_once() -> None:
    lines = [(one.category, one.symbol) for one in default_instruments()]
    assert len(lines) == len(set(lines))
