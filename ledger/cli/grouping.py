"""What P&L and statistics can be grouped by.

What belongs to a bot belongs to its account: `external`, which every account has, is never added up across them.
"""

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
    "bot": (BOT,),
    "symbol": (CATEGORY, SYMBOL),
    "side": (Column("side", "was", "side"),),
    "reason": (Column("reason", "exit reason"),),
    "day": (Column("day", "day (UTC)"),),
    "total": (),
}


def dimensions(by: Iterable[By | CashBy]) -> list[str]:
    """What the queries group by."""
    given = [one.value for one in by]
    return ["account", *given] if "bot" in given and "account" not in given else given


def group_columns(by: Iterable[By | CashBy]) -> list[Column]:
    """The columns that name a group, whatever the order in which the dimensions were given.

    The account stands there if it was asked for, or if a bot has another than the default one.
    """
    wanted = {one.value for one in by}
    account = replace(ACCOUNT, rank=0, usual=None) if "account" in wanted else replace(ACCOUNT, rank=0)
    named = [column for name, columns in _COLUMNS.items() if name in wanted for column in columns]
    return [account, *named] if wanted & {"account", "bot"} else named
