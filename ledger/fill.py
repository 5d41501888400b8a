"""One execution, checked and made exact, as it goes to the database."""

import inspect
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.errors import InvalidInputError
from ledger.money import (
    Number,
    plain,
    read_category,
    read_count,
    read_decimal,
    read_execution_time,
    read_optional_text,
    read_positive,
    read_price,
    read_side,
    read_text,
)
from ledger.order_ids import parse_client_order_id

# What an execution does is decided by its type: https://bybit-exchange.github.io/docs/v5/enum#exectype
POSITION_TYPES = frozenset(
    {"Trade", "AdlTrade", "BustTrade", "Delivery", "Settle", "BlockTrade", "MovePosition", "FutureSpread"}
)
CASH_TYPES = frozenset({"Funding", "SessionSettlePnL"})
# Made by people or the reconciler, not by a venue. Only these may have no price.
BOOKKEEPING_TYPES = frozenset({"Adjustment", "OpeningBalance"})
_TYPES = POSITION_TYPES | CASH_TYPES | BOOKKEEPING_TYPES
ORDER_LEVEL = "order:"
_REST = ":rest:"
_REVERSAL = "reversal:"


Book = tuple[str | None, str, str, int]  # the bot named by the client order id, category, symbol, position_idx


class Fill:
    """A checked execution. `params` are the database function's; `book` names the line it belongs to."""

    __slots__ = ("params",)

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params

    @property
    def is_cash(self) -> bool:
        """Whether it moves cash and no position."""
        return self.params["exec_type"] in CASH_TYPES

    @property
    def book(self) -> Book:
        """The bot that its client order id names, category, symbol, position_idx."""
        p = self.params
        return p["named_bot"], p["category"], p["symbol"], p["position_idx"]

    def as_json(self) -> dict[str, Any]:
        """The columns of the journal, numbers and times as text."""
        return {name: _text(value) for name, value in self.params.items() if value is not None}


def dump_fill(fill: Fill) -> str:
    """One as the database functions read it."""
    return json.dumps(fill.as_json())


def dump_fills(fills: Iterable[Fill], own_bot: str | None = None, by_order: Iterable[Fill] = ()) -> str:
    """A batch as the database function reads it. Those that name `own_bot` are its own, whoever wrote their order.

    `by_order` are of the batch only if their order turns out to be the bot's whose batch it is.
    """
    rows = [
        fill.as_json() | ({"bot_id": own_bot} if own_bot is not None and fill.params["named_bot"] == own_bot else {})
        for fill in fills
    ]
    return json.dumps(rows + [fill.as_json() | {"by_order": True} for fill in by_order])


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, datetime) else value


def read_fill(
    *,
    symbol: str,
    side: str,
    exec_price: Number | None,
    exec_qty: Number,
    exec_time: datetime | None,
    exec_id: str | None = None,
    order_id: str | None = None,
    client_order_id: str | None = None,
    commission: Number = 0,
    commission_asset: str | None = None,
    close_reason: str | None = None,
    category: str = "linear",
    position_idx: int = 0,
    seq: int | None = None,
    is_maker: bool | None = None,
    exec_type: str = "Trade",
    source: str = "bot",
) -> Fill:
    """Checks each field; raises InvalidInputError naming the first that breaks a rule."""
    _check_type(exec_type)
    category = read_category("category", category)
    known = None if exec_id is None else read_text("exec_id", exec_id)
    # An order has an id: an empty one is a mistake. A client order id it need not have, and venues say so by "".
    order = None if order_id is None else read_text("order_id", order_id)
    if order is not None and _REST in order:
        raise InvalidInputError("order_id", order, f"without {_REST}, kept for the rest of an order")
    _check_identity(known, order, exec_type)
    client_order = read_optional_text("client_order_id", client_order_id)
    named = parse_client_order_id(client_order)
    price = _read_fill_price(exec_price, category, exec_type)
    return Fill(
        {
            "symbol": read_text("symbol", symbol),
            "side": read_side("side", side),
            "exec_price": price,
            "exec_qty": read_positive("exec_qty", exec_qty),
            "exec_time": None if exec_time is None else read_execution_time("exec_time", exec_time),
            "exec_id": known,
            "order_id": order,
            "client_order_id": client_order,
            "commission": read_decimal("commission", commission),
            "commission_asset": read_optional_text("commission_asset", commission_asset),
            "close_reason": read_optional_text("close_reason", close_reason),
            "category": category,
            "position_idx": _read_position_idx(position_idx, category),
            "seq": None if seq is None else read_count("seq", seq),
            "is_maker": _read_flag(is_maker),
            "exec_type": exec_type,
            "source": read_text("source", source),
            "named_bot": named.bot_id if named else None,
        }
    )


def read_mapping(number: int, given: Mapping[str, Any], category: str) -> Fill:
    """A fill of a batch, given as a mapping of `record_fill`'s arguments."""
    if not isinstance(given, Mapping):
        raise InvalidInputError(f"fills[{number}]", given, "a mapping of record_fill's arguments")
    return read_arguments(f"fills[{number}].", given, category)


def read_arguments(place: str, given: Mapping[str, Any], category: str) -> Fill:
    """A fill given as `record_fill`'s arguments by name; errors name `place` before the field."""
    values = {"exec_time": None, **given}
    if values.get("category") is None:
        values["category"] = category
    missing = {"symbol", "side", "exec_price", "exec_qty"} - values.keys()
    unknown = values.keys() - _ARGUMENTS
    if missing or unknown:
        word, names = ("missing", missing) if missing else ("unknown", unknown)
        raise InvalidInputError(f"{place}{min(map(str, names))}", None, f"an argument of record_fill ({word})")
    if values["exec_time"] is None:
        raise InvalidInputError(f"{place}exec_time", None, "a datetime with a time zone")
    try:
        return read_fill(**values)
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}{error.field}", error.value, error.rule) from None


_ARGUMENTS = frozenset(inspect.signature(read_fill).parameters)


def _check_type(exec_type: object) -> None:
    if not isinstance(exec_type, str) or exec_type not in _TYPES:
        known = ", ".join(sorted(_TYPES))
        raise InvalidInputError("exec_type", exec_type, f"one whose effect is known: {known}")


def _check_identity(exec_id: str | None, order_id: str | None, exec_type: str) -> None:
    if exec_id is None and order_id is None:
        raise InvalidInputError("exec_id", exec_id, "given, or order_id for a fill that stands for its whole order")
    if exec_id is None and exec_type in CASH_TYPES:
        raise InvalidInputError("exec_id", exec_id, f"given for {exec_type}")
    if exec_id is not None and exec_id.startswith(ORDER_LEVEL) and exec_id != f"{ORDER_LEVEL}{order_id}":
        raise InvalidInputError("exec_id", exec_id, f"without the prefix {ORDER_LEVEL}, kept for whole orders")
    if exec_id is not None and exec_id.startswith(_REVERSAL):
        raise InvalidInputError("exec_id", exec_id, f"without the prefix {_REVERSAL}, kept for moved payments")


def _read_fill_price(exec_price: object, category: str, exec_type: str) -> Decimal | None:
    if exec_price is None and exec_type in BOOKKEEPING_TYPES | CASH_TYPES:
        return None
    return read_price("exec_price", exec_price, category)


def _read_position_idx(position_idx: object, category: str) -> int:
    idx = read_count("position_idx", position_idx, 2)
    if idx and category == "spot":
        raise InvalidInputError("position_idx", position_idx, "0 for spot, which has no hedge mode")
    return idx


def _read_flag(is_maker: object) -> bool | None:
    if is_maker is not None and not isinstance(is_maker, bool):
        raise InvalidInputError("is_maker", is_maker, "True, False or None")
    return is_maker
