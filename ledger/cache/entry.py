"""How a position looks in Redis: one hash, all values text."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from ledger.money import SIDES, plain
from ledger.values import Position

_NUMBERS = ("cost", "open_commission", "realized_pnl", "dust_qty")
_MAGNITUDE = 100  # powers of ten; a sum of money is far from it, and "1E+999999999" would fill the memory when printed
_TIMES = ("first_entry_time", "last_entry_time")


def position_key(bot_id: str, category: str, symbol: str, position_idx: int) -> str:
    """The key of a position: `position:<bot>:<symbol>` for one-way linear, the long form for all others."""
    if category == "linear" and position_idx == 0:
        return f"position:{bot_id}:{symbol}"
    return f"position:{bot_id}:{category}:{symbol}:{position_idx}"


def to_fields(position: Position) -> dict[str, str]:
    """The hash fields of a position; an unknown average price is the empty text."""
    fields = {
        "size": plain(position.total_qty),
        "side": position.side,
        "avg_price": "" if position.avg_entry_price is None else plain(position.avg_entry_price),
        "updated_at": (position.updated_at or datetime.now(UTC)).isoformat(),
        "bot_id": position.bot_id,
        "category": position.category,
        "symbol": position.symbol,
        "position_idx": str(position.position_idx),
        "entries": str(position.entries),
        "settle_coin": position.settle_coin,
    }
    fields.update({name: plain(getattr(position, name)) for name in _NUMBERS})
    for name in _TIMES:
        at: datetime | None = getattr(position, name)
        fields[name] = "" if at is None else at.isoformat()
    return fields


def from_fields(fields: Mapping[str, str]) -> Position:
    """The position in a hash. Raises KeyError or ValueError for one that was not written by `to_fields`."""
    return _read(tuple(fields.items()))


@lru_cache(maxsize=1024)
def _read(items: tuple[tuple[str, str], ...]) -> Position:
    """A bot reads far more often than it trades: the same texts, which are always the same position."""
    fields = dict(items)
    return Position(
        symbol=fields["symbol"],
        side=_side(fields["side"]),
        total_qty=_number(fields["size"]),
        avg_entry_price=_number(fields["avg_price"]) if fields["avg_price"] else None,
        entries=_whole(fields["entries"]),
        bot_id=fields["bot_id"],
        category=fields["category"],
        position_idx=_whole(fields["position_idx"]),
        first_entry_time=_time(fields["first_entry_time"]),
        last_entry_time=_time(fields["last_entry_time"]),
        settle_coin=fields["settle_coin"],
        book_seq=_whole(fields["book_seq"]),
        updated_at=_time(fields["updated_at"]),
        **{name: _number(fields[name]) for name in _NUMBERS},
    )


def _number(text: str) -> Decimal:
    number = Decimal(_digits(text))
    if not number.is_finite() or abs(number.adjusted()) > _MAGNITUDE:
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    return int(_digits(text))


def _digits(text: str) -> str:
    """What Python would take beside them, digits of other scripts and 1_0, nobody of ours wrote."""
    if not text.isascii() or "_" in text:
        raise ValueError(text)
    return text


def _side(text: str) -> str:
    if text not in {*SIDES, "None"}:
        raise ValueError(text)
    return text


def _time(text: str) -> datetime | None:
    moment = datetime.fromisoformat(text) if text else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError(text)
    return moment
