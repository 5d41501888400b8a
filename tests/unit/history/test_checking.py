"""Rows that cannot be booked: each is refused by field, value and rule, at the place where it stands."""

from typing import Any

import pyarrow as pa
import pytest

from reconcile.history.checking import SCHEMA, Reading, check
from reconcile.history.rows import COLUMNS, Batch, Reject

SOUND: dict[str, str | None] = {
    "symbol": "BTCUSDT",
    "side": "Buy",
    "exec_price": "100.5",
    "exec_qty": "2",
    "exec_time": "2024-05-01T12:00:00Z",
    "exec_id": "e1",
}


def checked(row: dict[str, str | None], **reading: Any) -> tuple[list[dict[str, Any]], list[Reject]]:
    """One row between two that are sound."""
    rows = [{**SOUND, "exec_id": "before"}, row, {**SOUND, "exec_id": "behind"}]
    cells = {name: pa.array([one.get(name) for one in rows], pa.string()) for name in COLUMNS}
    table, rejects = check(Batch("some.csv", pa.table(cells), pa.array([7, 8, 9]), 3), Reading(**reading))
    assert table.schema == SCHEMA
    found = table.to_pylist()
    assert [one["exec_id"] for one in (found[0], found[-1])] == ["before", "behind"]
    assert len(found) + len(rejects) == 3
    return found[1:-1], rejects


@pytest.mark.parametrize(
    ("field", "value", "more"),
    [
        *(("exec_price", value, {}) for value in ("1,000.5", "1.000,5", "NaN", "1e400", "-1", "0", "٣", None, "abc")),
        *(("exec_qty", value, {}) for value in ("1 000", "0", "0.000", "-2", "Infinity", "1e-31", None, "1_0")),
        *(("commission", value, {}) for value in ("0,5", "nan", "free", "1e99")),
        *(("exec_time", value, {}) for value in (None, "2024-02-30 12:00:00Z", "2024-05-01 12:00:00", "1.5.2024")),
        *(("side", value, {}) for value in ("B", "long", "0", None, "BuySell", "Buy/Long")),
        *(("position_idx", value, {}) for value in ("3", "-1", "1.0", "one", "٢")),
        *(("seq", value, {}) for value in ("-1", "1.5", "9223372036854775808", "9" * 19, "1" * 20, "0x1")),
        *(("is_maker", value, {}) for value in ("maker", "2", "?")),
        *(("exec_type", value, {}) for value in ("Unheard", "trade", "TRADE")),
        *(("category", value, {}) for value in ("Linear", "SPOT", "x\x00")),
        *(("symbol", value, {}) for value in (None, "   ", "BTC\tUSDT", "B" * 256, "B\x7fTC", "B\u00a0TC", "B\u200eT")),
        *((name, "x" * 256, {}) for name in ("exec_id", "order_id", "client_order_id", "close_reason", "bot_id")),
        *((name, "a\nb", {}) for name in ("exec_id", "order_id", "client_order_id", "close_reason", "bot_id")),
        ("exec_id", "order:o1", {}),
        ("exec_id", "reversal:p1", {}),
        ("exec_id", None, {}),
        ("exec_id", None, {"exec_type": "Funding", "order_id": "o1"}),
        ("order_id", "o1:rest:2", {}),
        ("position_idx", "1", {"category": "spot"}),
    ],
)
def test_a_bad_value_is_refused_and_nothing_else(field: str, value: str | None, more: dict[str, str]) -> None:
    found, rejects = checked({**SOUND, **more, field: value})
    assert found == []
    assert len(rejects) == 1
    reject = rejects[0]
    shown = None if value is None or not value.strip() else value.strip()
    assert (reject.origin, reject.line, reject.field, reject.value) == ("some.csv", 8, field, shown)
    assert reject.reason


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("exec_price", " 1e-05 ", "0.00001"),
        ("exec_qty", "+0002.500", "2.5"),
        ("exec_qty", "9" * 30 + "." + "1" * 30, "9" * 30 + "." + "1" * 30),
        ("commission", "-.5", "-0.5"),
        ("commission", "", "0"),
        ("commission", "-0.0", "0"),
        ("side", "SELL", "Sell"),
        ("seq", "9223372036854775807", 2**63 - 1),
        ("seq", "", 0),
        ("is_maker", "True", True),
        ("is_maker", None, None),
        ("position_idx", "2", 2),
        ("symbol", ' a"(b), \\Ж ', 'a"(b), \\Ж'),
        ("category", None, "linear"),
        ("exec_type", None, "Trade"),
        ("close_reason", "", None),
    ],
)
def test_a_good_value_is_taken_as_it_is(field: str, value: str | None, stored: object) -> None:
    found, rejects = checked({**SOUND, field: value})
    assert rejects == []
    assert found[0][field] == stored


def test_only_what_people_book_may_have_no_price_and_only_options_none_but_zero() -> None:
    opening = {**SOUND, "exec_price": None, "exec_type": "OpeningBalance", "exec_id": None, "order_id": None}
    assert checked(opening)[0][0]["exec_price"] is None
    assert checked({**SOUND, "exec_price": None, "exec_type": "Adjustment"})[1] == []
    assert checked({**SOUND, "exec_price": "0", "category": "option"})[1] == []
    assert checked({**SOUND, "exec_price": "0"}, category="option")[1] == []


def test_the_first_rule_that_is_broken_is_the_one_that_is_named() -> None:
    _, rejects = checked({**SOUND, "side": "?", "exec_price": "?", "exec_qty": "?"})
    assert [reject.field for reject in rejects] == ["side"]


def test_a_local_time_is_read_in_the_zone_that_is_stated() -> None:
    found, _ = checked({**SOUND, "exec_time": "2024-05-01 14:00:00"}, timezone="Europe/Berlin")
    assert found[0]["exec_time"].isoformat() == "2024-05-01T12:00:00+00:00"
    assert checked({**SOUND, "exec_time": "2024-10-27 02:30:00"}, timezone="Europe/Berlin")[0] == []
