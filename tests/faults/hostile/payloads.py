"""What a venue sends: read exactly, or kept with its reason; and what somebody else may write into Redis."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from ledger.cache.entry import from_fields, to_fields
from ledger.errors import LedgerError
from ledger.order_ids import parse_client_order_id
from reconcile.bybit.account import read_permissions, read_wallet
from reconcile.bybit.payloads import read_closed_pnl, read_execution, read_instrument, read_order, read_position
from reconcile.bybit.stream import events_of
from reconcile.values import Execution, Order, Unreadable
from tests.faults.hostile.target import Target, alone, is_documented
from tests.malformed import odd

_READERS: tuple[Callable[..., Any], ...] = (
    read_execution, read_order, read_position, read_closed_pnl, read_instrument,
)  # fmt: skip


def read_json(content: bytes) -> None:
    """Every reader on every object of an answer."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return
    read_answer(answer)


def read_answer(answer: Any) -> None:
    """The same, of an answer that is JSON."""
    for raw in _rows(answer):
        for read in _READERS:
            value = read(raw, "linear", "here")
            if isinstance(value, Execution):
                assert isinstance(raw, dict)
                assert value.exec_price == Decimal(str(raw["execPrice"]))
                assert value.exec_qty == Decimal(str(raw["execQty"])) >= 0
                assert value.exec_time.timestamp() * 1000 == int(raw["execTime"])
            elif isinstance(value, Unreadable):
                assert value.reason
    if isinstance(answer, dict):
        for event in events_of({**answer, "topic": "execution"}):
            assert isinstance(event, Execution | Order | Unreadable)
        for ask in (read_wallet, read_permissions):
            try:
                ask(answer, "here")
            except LedgerError as error:
                assert is_documented(error), error


def _rows(answer: Any) -> list[Any]:
    result = answer.get("result", answer) if isinstance(answer, dict) else answer
    for key in ("list", "data"):
        if isinstance(result, dict) and isinstance(result.get(key), list):
            return list(result[key])
    return [result]


_NUMBERS = st.sampled_from(["0", "1.5", "-2", "NaN", "1E+999999999", "sNaN", "Infinity", "", "1_0", "\u0661", "x"])
_FIELDS = (
    "symbol", "side", "size", "avg_price", "entries", "bot_id", "category", "position_idx", "first_entry_time",
    "last_entry_time", "settle_coin", "book_seq", "updated_at", "cost", "open_commission", "realized_pnl", "dust_qty",
)  # fmt: skip
_NUMERIC = ("size", "avg_price", "entries", "position_idx", "book_seq", "cost", "dust_qty")
_SOUND = dict(zip(_FIELDS, (
    "BTCUSDT", "Buy", "1", "100", "1", "bot", "linear", "0", "2026-03-02T09:30:00+00:00", "", "USDT", "3",
    "2026-03-02T09:30:00+00:00", "100", "0", "0", "0",
), strict=True))  # fmt: skip


def read_entry(fields: dict[str, str]) -> None:
    """A hash in Redis is a position that is written as it was read, or none."""
    try:
        position = from_fields(fields)
    except (KeyError, ValueError, ArithmeticError):
        return
    assert position.total_qty.is_finite()
    again = from_fields({**to_fields(position), "book_seq": str(position.book_seq)})
    assert replace(again, updated_at=position.updated_at) == position
    assert all(fields[name].isascii() and "_" not in fields[name] for name in _NUMERIC)


def read_id(text: Any) -> None:
    """A client order id of anybody's."""
    found = parse_client_order_id(text)
    assert found is None or (found.bot_id and found.bot_id in text)


entries = st.fixed_dictionaries(
    {}, optional={name: _NUMBERS | st.text(max_size=12) | st.just(_SOUND[name]) for name in _FIELDS}
).map(lambda changed: {**_SOUND, **changed})

PAYLOADS = (
    Target("payload", "answers and stream messages of the venue", alone(read_json)),
    Target("cache", "hashes in Redis", alone(read_entry), entries),
    Target("order-id", "client order ids", alone(read_id), st.text(max_size=40) | odd),
)
