"""What no method may take, by the kind of argument, and where each method takes which kind."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from tests.fills import SYMBOL, moment


class _Nowhere(tzinfo):
    """A zone that does not know its offset, so that a datetime in it is as good as naive."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        return None

    def dst(self, at: datetime | None) -> timedelta | None:
        return None

    def tzname(self, at: datetime | None) -> str | None:
        return None


_NO_NUMBER: tuple[Any, ...] = (
    float("nan"), float("inf"), float("-inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"),
    Decimal("-Infinity"), "nan", "inf", "", " ", "abc", "1,5", "1_000", "0x10", "1\0", "1e31", "1e-31",
    Decimal("1E+400"), Decimal("1E-400"), Decimal("1e30"), 10**30, 10**5000, True, False, [], {}, b"1", 1 + 0j,
    object(),
)  # fmt: skip
_NO_TEXT: tuple[Any, ...] = (
    " ", "\0", "BTC\0USDT", "BTC\n", "\tBTC", " BTC", "BTC ", "\x7f", "\u202eBTC", "\ud800", "x" * 256, 5, True,
    b"BTC", [], {},
)  # fmt: skip
_NO_TIME: tuple[Any, ...] = (
    datetime(2026, 1, 1),  # noqa: DTZ001 - a naive datetime is what is tested
    datetime(2026, 1, 1, tzinfo=_Nowhere()),
    date(2026, 1, 1),
    "2026-01-01T00:00:00Z",
    1767225600,
    1767225600.0,
    True,
    datetime.max.replace(tzinfo=_Nowhere()),
)

BAD: dict[str, tuple[Any, ...]] = {
    "number": (*_NO_NUMBER, None),
    "positive": (*_NO_NUMBER, None, 0, -1, 0.0, -0.0, -0.5, "0", "-1", "-0", Decimal(0), Decimal("-0.000001")),
    "not negative": (*_NO_NUMBER, None, -1, -0.5, "-1", Decimal("-0.000001")),
    "text": (*_NO_TEXT, "", None),
    "text or nothing": _NO_TEXT,
    "id or nothing": (*_NO_TEXT, ""),
    "time": (*_NO_TIME, None),
    "time or nothing": _NO_TIME,
    "side": ("buy", "BUY", "Long", "long", "None", "", " Buy", None, 1, True, ["Buy"], b"Buy"),
    "side or nothing": ("buy", "BUY", "Long", "long", "", " Buy", 1, True, ["Buy"], b"Buy"),
    "index": (-1, 3, 2**70, True, False, "0", 1.0, Decimal(1), []),
    "count": (-1, 2**63, True, "1", 1.5, Decimal(1), []),
    "flag": (1, 0, "yes", "", []),
    "decision": ("", "Ignore", "booked", None, 5, True, [], {}),
    "mapping or nothing": ("", "fill", 5, True, [], b"{}"),
    "numbers of books": ("", "a", 5, True, [], None, {"a": -1}, {"a": "1"}, {"a": None}, {"a": True}, {"": 1}, {5: 1}),
    "books": ("", "1", b"1", 1, True, None, [-1], ["1"], [None], [True], [1.5], [2**31]),
    "flag or nothing": (1, 0, "yes", "", [], None),
    "type": ("", "trade", "Unknown", "Trade ", "Trade\0", None, 5, True, [], {}),
}  # fmt: skip
BAD["positive or nothing"] = tuple(value for value in BAD["positive"] if value is not None)
BAD["not negative or nothing"] = tuple(value for value in BAD["not negative"] if value is not None)
BAD["number or nothing"] = tuple(value for value in BAD["number"] if value is not None)


@dataclass(frozen=True)
class Method:
    """A method: arguments that it takes, and the kind of each that is tried."""

    name: str
    arguments: dict[str, Any]
    kinds: dict[str, str]
    inside: str = ""


_FILL = {
    "symbol": SYMBOL, "side": "Buy", "exec_price": "100", "exec_qty": "1", "exec_time": moment(0), "exec_id": "bad-1",
    "order_id": "order-1",
}  # fmt: skip
_FILL_KINDS = {
    "symbol": "text", "side": "side", "exec_price": "positive", "exec_qty": "positive", "exec_time": "time",
    "exec_id": "id or nothing", "order_id": "id or nothing", "client_order_id": "text or nothing",
    "commission": "number", "commission_asset": "text or nothing", "close_reason": "text or nothing",
    "position_idx": "index", "seq": "count", "is_maker": "flag", "exec_type": "type", "source": "text",
    "category": "text or nothing",
}  # fmt: skip
_BOOK = {"symbol": "text", "category": "text or nothing", "position_idx": "index"}
_FILTER = {"symbol": "text or nothing", "category": "text or nothing", "position_idx": "index"}
_PERIOD = {"since": "time or nothing", "until": "time or nothing"}
_WRITE = dict(zip(
    ("symbol", "side", "exec_price", "exec_qty", "order_id", "client_order_id", "close_reason", "commission"),
    (SYMBOL, "Buy", "100", "1", "o1", None, None, "0"), strict=True,
))  # fmt: skip

METHODS = (
    Method("record_fill", _FILL, _FILL_KINDS),
    Method("record_fills", _FILL, _FILL_KINDS, inside="fills[1]."),
    Method("get_position", {"symbol": SYMBOL}, _BOOK),
    Method("get_current_position_summary", {"symbol": SYMBOL}, _BOOK),
    Method("refresh_positions", {"book_ids": [1]}, {"book_ids": "books"}),
    Method("acting_for", {"bot_id": "other"}, {"bot_id": "text"}),
    Method("get_open_position_entries", {}, _FILTER),
    Method("get_completed_trades", {}, {**_FILTER, **_PERIOD, "limit": "count"}),
    Method("position_as_of", {"symbol": SYMBOL, "at": moment(0)}, {**_BOOK, "at": "time"}),
    Method("realized_pnl", {}, {**_FILTER, **_PERIOD}),
    Method("update_equity", {"amount": 5}, {"amount": "number"}),
    Method(
        "register_instrument",
        {"symbol": SYMBOL},
        {
            "symbol": "text", "category": "text or nothing", "multiplier": "positive", "base_coin": "text or nothing",
            "quote_coin": "text or nothing", "settle_coin": "text or nothing", "qty_step": "positive or nothing",
            "tick_size": "positive or nothing", "contract_type": "text or nothing", "status": "text or nothing",
        },
    ),
    Method("write_fill", _WRITE, {
        "symbol": "text", "side": "side", "exec_price": "positive", "exec_qty": "positive",
        "order_id": "id or nothing", "client_order_id": "text or nothing", "close_reason": "text or nothing",
        "commission": "number", "exec_time": "time or nothing",
    }),
    Method(
        "create_position_entry",
        {"symbol": SYMBOL, "entry_price": 100, "quantity": 1, "entry_time": moment(0)},
        {
            "symbol": "text", "entry_price": "positive", "quantity": "positive", "entry_time": "time",
            "entry_order_id": "id or nothing", "entry_fill_id": "count", "commission": "number",
        },
    ),
    Method(
        "close_position_fifo",
        {"symbol": SYMBOL, "exit_price": 100, "close_qty": 1, "exit_time": moment(0), "exit_reason": None},
        {
            "symbol": "text", "exit_price": "positive", "close_qty": "positive", "exit_time": "time",
            "exit_reason": "text or nothing", "exit_order_id": "id or nothing", "exit_commission": "number",
        },
    ),
    Method(
        "update_position_redis",
        {"symbol": SYMBOL, "size": 1},
        {
            "symbol": "text", "size": "not negative", "side": "side or nothing", "avg_price": "not negative or nothing",
            "unrealized_pnl": "number or nothing",
        },
    ),
    Method("get_position_redis", {"symbol": SYMBOL}, {"symbol": "text"}),
    Method(
        "decide_quarantined",
        {"exec_id": "bad-1", "decision": "ignore", "category": "linear"},
        {
            "exec_id": "text", "decision": "decision", "category": "text", "note": "text or nothing",
            "fill": "mapping or nothing", "dry_run": "flag or nothing",
        },
    ),
    Method(
        "reassign_fill",
        {"fill_id": 1, "category": "linear", "symbol": SYMBOL, "position_idx": 0},
        {"fill_id": "count", "category": "text", "symbol": "text", "position_idx": "index"},
    ),
    Method(
        "reassign_cash",
        {"exec_id": "bad-1", "category": "linear"},
        {"exec_id": "text", "category": "text", "source": "text"},
    ),
    Method(
        "record_adjustment",
        {
            "category": "linear", "symbol": SYMBOL, "position_idx": 0, "side": "Buy", "exec_qty": 1,
            "exec_time": moment(0), "exec_id": "adjustment:bad", "seen": {},
        },
        {
            "category": "text", "symbol": "text", "position_idx": "index", "side": "side", "exec_qty": "positive",
            "exec_time": "time", "exec_id": "text", "seen": "numbers of books",
        },
    ),
    Method(
        "take_back_adjustment",
        {"fill_id": 1, "category": "linear", "symbol": SYMBOL, "position_idx": 0},
        {"fill_id": "count", "category": "text", "symbol": "text", "position_idx": "index", "cause": "count"},
    ),
)  # fmt: skip
