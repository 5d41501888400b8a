import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from reconcile.history.sources.ccxt import CcxtSource
from reconcile.history.sources.mapping import ColumnMapping
from tests.reading import read

# What ccxt 4 makes of a fill of another exchange; numbers are floats, as everywhere in ccxt.
TRADE: dict[str, Any] = {
    "id": "28457",
    "timestamp": 1704067200123,
    "datetime": "2024-01-01T00:00:00.123Z",
    "symbol": "BTC/USDT:USDT",
    "order": "100234",
    "type": "limit",
    "side": "buy",
    "takerOrMaker": "maker",
    "price": 42000.1,
    "amount": 0.003,
    "cost": 126.0003,
    "fee": {"cost": -0.0252, "currency": "USDT"},
    "fees": [{"cost": -0.0252, "currency": "USDT"}],
    "info": {"tradeId": "28457"},
}


def payload(name: str) -> list[dict[str, Any]]:
    content = files("ledger.demo.payloads").joinpath(f"ccxt_fetchMyTrades_{name}.json").read_text()
    found: list[dict[str, Any]] = json.loads(content)["result"]["list"]
    return found


def cells(**changes: Any) -> dict[str, str]:
    found = read(CcxtSource([TRADE | changes]))
    assert not found.rejected
    return found.cells[0]


def reason(**changes: Any) -> str:
    found = read(CcxtSource([TRADE | changes]))
    assert not found.rows
    return found.rejected[0].reason


def test_a_trade() -> None:
    assert cells() == {
        "symbol": "BTCUSDT",
        "side": "buy",
        "exec_price": "42000.1",
        "exec_qty": "0.003",
        "exec_time": "2024-01-01T00:00:00.123Z",
        "category": "linear",
        "exec_id": "28457",
        "order_id": "100234",
        "commission": "-0.0252",
        "commission_asset": "USDT",
        "is_maker": "true",
        "exec_type": "Trade",
    }


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1, "0.1"), (1e-7, "0.0000001"), (1e22, "10000000000000000000000"), ("0.10", "0.10"), (7, "7")],
)
def test_floats_are_read_by_their_shortest_text(number: Any, text: str) -> None:
    assert cells(price=number)["exec_price"] == text


@pytest.mark.parametrize(
    ("market", "info", "symbol", "category"),
    [
        ("BTC/USDT", {}, "BTCUSDT", "spot"),
        ("BTC/USDT:USDT", {}, "BTCUSDT", "linear"),
        ("ETH/USDC:USDC", {}, "ETHUSDC", "linear"),
        ("BTC/USD:BTC", {}, "BTCUSD", "inverse"),
        ("BTC/USDT:USDT-240628", {"symbol": "BTCUSDT-28JUN24"}, "BTCUSDT-28JUN24", "linear"),
        ("BTC/USD:BTC-240628", {"symbol": "BTCUSDM24"}, "BTCUSDM24", "inverse"),
        ("BTC/USD:BTC-240329-70000-C", {"symbol": "BTC-29MAR24-70000-C"}, "BTC-29MAR24-70000-C", "option"),
        ("BTCUSDT", {}, "BTCUSDT", "linear"),
    ],
)
def test_the_symbol_and_its_category(market: str, info: dict[str, str], symbol: str, category: str) -> None:
    found = cells(symbol=market, info=info)
    assert (found["symbol"], found["category"]) == (symbol, category)


def test_fees_of_several_parts_are_added_and_of_several_coins_rejected() -> None:
    two = [{"cost": 0.1, "currency": "USDT"}, {"cost": 0.2, "currency": "USDT"}]
    assert cells(fees=two)["commission"] == "0.3"
    assert reason(fees=[*two, {"cost": 1, "currency": "BNB"}]) == "fees in more than one coin"


@pytest.mark.parametrize("fee", [None, {}, {"cost": None, "currency": "USDT"}])
def test_no_fee_is_no_commission(fee: Any) -> None:
    found = cells(fee=fee, fees=[])
    assert "commission" not in found
    assert "commission_asset" not in found


@pytest.mark.parametrize(("amount", "commission"), [(-0.25, "0.25"), (0.25, "-0.25"), (0, "0")])
def test_a_funding_payment_is_a_cost_where_it_was_paid(amount: float, commission: str) -> None:
    payment = {
        "info": {},
        "symbol": "BTC/USDT:USDT",
        "code": "USDT",
        "timestamp": 1704067200000,
        "datetime": "2024-01-01T00:00:00.000Z",
        "id": "f1",
        "amount": amount,
    }
    assert read(CcxtSource([payment])).cells == [
        {
            "symbol": "BTCUSDT",
            "exec_time": "2024-01-01T00:00:00.000Z",
            "category": "linear",
            "exec_id": "f1",
            "commission": commission,
            "commission_asset": "USDT",
            "exec_type": "Funding",
        }
    ]


@pytest.mark.parametrize(
    ("name", "market", "expected"),
    [
        (
            "spot_buy_feeCurrency_base",
            "ETH/USDT",
            {"exec_price": "2453.65", "commission": "0.000001", "commission_asset": "ETH", "category": "spot"},
        ),
        (
            "linear_funding",
            "LTC/USDT:USDT",
            {"exec_type": "Funding", "commission": "0.00867", "exec_qty": "1.2", "category": "linear"},
        ),
        (
            "linear_trade_empty_feeCurrency",
            "LTC/USDT:USDT",
            {
                "exec_price": "85.11",
                "commission": "0.00468105",
                "commission_asset": "USDT",
                "exec_time": "2024-03-18T11:55:18.390000+00:00",
            },
        ),
    ],
)
def test_of_bybit_the_exchange_itself_is_believed(name: str, market: str, expected: dict[str, str]) -> None:
    (info,) = payload(name)
    fee = {"cost": 9.9, "currency": "USDT"}
    trade = TRADE | {"symbol": market, "price": 1.0, "amount": 1.0, "info": info, "fees": [fee], "fee": fee}
    (found,) = read(CcxtSource([trade])).cells
    assert found.items() >= (expected | {"exec_id": info["execId"], "seq": info["seq"]}).items()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"symbol": None}, "a trade without a symbol"),
        ({"symbol": "BTC/USDT:USDT-240628"}, "a contract with a date, and `info` does not say its symbol"),
        ({"price": float("nan")}, "a finite number is needed"),
        ({"amount": True}, "a number is needed"),
        ({"id": {"a": 1}}, "text is needed"),
    ],
)
def test_what_is_no_trade_is_rejected(changes: dict[str, Any], said: str) -> None:
    assert reason(**changes) == said


def test_trades_come_from_any_iterable_in_batches() -> None:
    def trades() -> Iterator[Any]:
        for number in range(45_000):
            yield TRADE | {"id": str(number)} if number != 30_000 else "no trade"

    source = CcxtSource(trades(), name="kraken", mapping=ColumnMapping(constants={"bot_id": "b1"}))
    found = read(source)
    assert (source.name, source.unit, source.total, CcxtSource([TRADE]).total) == ("kraken", "rows", None, 1)
    assert found.done == [20_000, 40_000, 45_000]
    assert found.reasons == [(30_001, "a dict is needed")]
    assert [line - 1 for line in found.lines] == [int(row["exec_id"]) for row in found.cells]
    assert {row["bot_id"] for row in found.cells} == {"b1"}
