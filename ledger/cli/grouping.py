"""What P&L and statistics can be grouped by."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from ledger.cli.tables import ACCOUNT, BOT, CATEGORY, SYMBOL, Column


class By(StrEnum):
    """A dimension of closed trades."""

    account = "account"
    bot = "bot"
    symbol = "symbol"
    side = "side"
    reason = "reason"
    day = "day"
    total = "total"


class CashBy(StrEnum):
    """A dimension that cash has, too."""

    account = "account"
    bot = "bot"
    symbol = "symbol"
    day = "day"
    total = "total"


_COLUMNS = {
    "account": (replace(ACCOUNT, usual=None),),
    "bot": (BOT,),
    "symbol": (CATEGORY, SYMBOL),
    "side": (Column("side", "was", "side"),),
    "reason": (Column("reason", "exit reason"),),
    "day": (Column("day", "day (UTC)"),),
    "total": (),
}


def group_columns(by: Iterable[str]) -> list[Column]:
    """The columns that name a group, whatever the order in which the dimensions were given."""
    wanted = set(by)
    return [column for name, columns in _COLUMNS.items() if name in wanted for column in columns]
