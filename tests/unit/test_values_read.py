"""What callers pass is read exactly, or refused by name: at the edges of what is taken."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from ledger import money
from ledger.errors import InvalidInputError
from ledger.fill import dump_fills, read_fill, read_mapping
from tests.bad_values import BAD
from tests.fills import fill, moment

Reader = Callable[[str, Any], Any]


class _Word(StrEnum):
    BUY = "Buy"

    def __str__(self) -> str:
        return "another text"


def _price(category: str) -> Reader:
    return lambda field, value: money.read_price(field, value, category)


def _few(field: str, value: Any) -> int:
    return money.read_count(field, value, 2)


REFUSED: tuple[tuple[Reader, tuple[Any, ...]], ...] = (
    (money.read_decimal, BAD["number"]),
    (money.read_positive, BAD["positive"]),
    (_price("linear"), BAD["positive"]),
    (_price("option"), BAD["not negative"]),
    (money.read_time, BAD["time"]),
    (money.read_execution_time, (*BAD["time"], datetime(1, 1, 1, 23, 59, 59, 999999, tzinfo=UTC),
                                 datetime(9999, 12, 31, tzinfo=UTC))),
    (money.read_text, (*BAD["text"], "x" * 256)),
    (money.read_category, (*BAD["text"], "Linear", "SPOT")),
    (money.read_optional_text, BAD["text or nothing"]),
    (money.read_side, BAD["side"]),
    (money.read_count, BAD["count"]),
    (_few, (*BAD["index"], 3)),
)  # fmt: skip
_DIGITS = "9" * 30
TAKEN: tuple[tuple[Reader, Any, Any], ...] = (
    (money.read_decimal, " 1.50 ", Decimal("1.50")),
    (money.read_decimal, 0.1, Decimal("0.1")),
    (money.read_decimal, _DIGITS, Decimal(_DIGITS)),
    (money.read_decimal, f"-{_DIGITS}.{_DIGITS}", Decimal(f"-{_DIGITS}.{_DIGITS}")),
    (money.read_decimal, "1e-30", Decimal("1e-30")),
    (money.read_decimal, "9e29", Decimal("9e29")),
    (money.read_decimal, 0, Decimal(0)),
    (money.read_positive, "1e-30", Decimal("1e-30")),
    (_price("option"), 0, Decimal(0)),
    (_price("spot"), "0.5", Decimal("0.5")),
    (money.read_time, datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1, tzinfo=UTC)),
    (money.read_execution_time, datetime(1, 1, 2, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)),
    (money.read_execution_time, datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
     datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)),
    (money.read_text, "x" * 255, "x" * 255),
    (money.read_text, "a b", "a b"),
    (money.read_text, _Word.BUY, "Buy"),
    (money.read_category, "linear", "linear"),
    (money.read_category, "Futures", "Futures"),
    (money.read_optional_text, None, None),
    (money.read_optional_text, "", None),
    (money.read_optional_text, "a", "a"),
    (money.read_side, _Word.BUY, "Buy"),
    (money.read_side, "Sell", "Sell"),
    (money.read_count, 0, 0),
    (money.read_count, 2**63 - 1, 2**63 - 1),
    (_few, 2, 2),
)  # fmt: skip


@pytest.mark.parametrize(("read", "values"), REFUSED)
def test_what_breaks_a_rule_is_refused_by_name(read: Reader, values: tuple[Any, ...]) -> None:
    for value in values:
        with pytest.raises(InvalidInputError) as caught:
            read("name", value)
        assert caught.value.field == "name"
        assert caught.value.value is value


@pytest.mark.parametrize(("read", "value", "expected"), TAKEN)
def test_what_is_taken_is_exact_and_of_pythons_own_types(read: Reader, value: Any, expected: Any) -> None:
    found = read("name", value)
    assert found == expected
    assert type(found) is type(expected)
    assert str(found) == str(expected)


@pytest.mark.parametrize(
    ("number", "text"),
    [("0", "0"), ("-0", "0"), ("-0.00", "0"), ("1E+3", "1000"), ("100", "100"), ("1.50", "1.5"), ("2.00", "2"),
     ("-0.10", "-0.1"), ("1E-7", "0.0000001")],
)  # fmt: skip
def test_plain_digits(number: str, text: str) -> None:
    assert money.plain(Decimal(number)) == text


def test_a_fill_of_everything() -> None:
    given = fill("e1", "Sell", "1.50", 100, order_id="o1", client_order_id="bot-tp-123456789", commission="-0.10",
                 commission_asset="MNT", close_reason="tp", position_idx=2, seq=7, is_maker=False, exec_type="AdlTrade",
                 source="stream")  # fmt: skip
    found = read_fill(**given)
    assert found.book == ("bot", "linear", "BTCUSDT", 2)
    assert not found.is_cash
    numbers = {"exec_qty": "1.5", "exec_price": "100", "commission": "-0.1", "exec_time": moment(0).isoformat()}
    assert found.as_json() == {**given, **numbers, "named_bot": "bot", "category": "linear"}
    assert read_fill(**fill("e2", commission=1, exec_type="Funding")).is_cash
    least = read_fill(**fill("e3"))
    assert (least.book, least.params["seq"], least.params["is_maker"]) == ((None, "linear", "BTCUSDT", 0), None, None)
    assert "order_id" not in dump_fills([least])
    assert read_fill(**fill("e7", order_id="o1", client_order_id="")).params["client_order_id"] is None
    assert read_fill(**fill("e4", price=None, exec_type="Adjustment")).params["exec_price"] is None
    assert read_fill(**fill("e5", price=None, exec_type="Funding")).params["exec_price"] is None
    assert read_fill(**fill("order:o1", order_id="o1")).params["exec_id"] == "order:o1"
    assert read_fill(**{**fill(None, order_id="o1"), "exec_time": None}).params["exec_time"] is None
    assert read_mapping(0, {**fill("e6"), "category": None}, "spot").book == (None, "spot", "BTCUSDT", 0)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("exec_id", {"exec_id": None}),
        ("exec_id", {"exec_id": None, "order_id": "o1", "exec_type": "Funding"}),
        ("exec_id", {"exec_id": "order:o1"}),
        ("exec_id", {"exec_id": "order:o1", "order_id": "o2"}),
        ("exec_id", {"exec_id": "reversal:p1"}),
        ("order_id", {"order_id": "a:rest:1"}),
        ("order_id", {"order_id": ""}),
        ("order_id", {"order_id": "", "exec_id": None}),
        ("exec_price", {"exec_price": None}),
        ("exec_price", {"exec_price": 0}),
        ("exec_price", {"exec_price": 0, "exec_type": "Adjustment"}),
        ("position_idx", {"position_idx": 3}),
        ("position_idx", {"position_idx": 1, "category": "spot"}),
        ("is_maker", {"is_maker": 1}),
        ("exec_type", {"exec_type": "trade"}),
        ("seq", {"seq": -1}),
    ],
)
def test_fields_that_do_not_go_together(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_fill(**{**fill("e1"), **changes})
    assert caught.value.field == field
    with pytest.raises(InvalidInputError) as caught:
        read_mapping(3, {**fill("e1"), **changes}, "linear")
    assert caught.value.field == f"fills[3].{field}"


@pytest.mark.parametrize("name", ["symbol", "side", "exec_price", "exec_qty", "exec_time"])
def test_what_a_fill_of_a_batch_must_have(name: str) -> None:
    given = {key: value for key, value in fill("e1").items() if key != name}
    for changed in (given, {**given, name: None} if name == "exec_time" else given):
        with pytest.raises(InvalidInputError, match=rf"fills\[0\]\.{name}"):
            read_mapping(0, changed, "linear")
    with pytest.raises(InvalidInputError, match=r"fills\[0\]\.execId.*unknown"):
        read_mapping(0, fill("e1", execId="x"), "linear")
