"""A database whose functions are called one after the other, as the clients call them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from ledger.money import plain
from ledger.queries import query
from tests.fills import SYMBOL, moment
from tests.statements import statement

BOT, OTHER, NOBODY = "bot", "other", "external"
_LOWER_HALF = 0xFFFFFFFF
_IDS = re.compile(r"(?<![\d.])\d{10,17}(?![\d.])")
# Columns that differ from run to run, or in which the ledger notes what it needs itself.
_PASSING = {
    "account_id", "hash", "cash_hash", "recorded_at", "updated_at", "rebuilt_at", "rebuild_seq", "first_open_from",
    "book_id",
}  # fmt: skip
_COLUMNS = (
    "side", "exec_price", "exec_qty", "exec_time", "exec_id", "order_id", "client_order_id", "commission",
    "commission_asset", "close_reason", "seq", "is_maker", "exec_type", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A position line of a bot."""

    bot: str = BOT
    symbol: str = SYMBOL
    category: str = "linear"
    position_idx: int = 0

    def __str__(self) -> str:
        return f"{self.bot} {self.category} {self.symbol} {self.position_idx}"

    @property
    def place(self) -> dict[str, Any]:
        """The keys of its book, but for the account."""
        keys: dict[str, Any] = {"bot_id": self.bot, "category": self.category, "symbol": self.symbol}
        return {**keys, "position_idx": self.position_idx}

    @property
    def announced(self) -> str:
        """As a client says that it may change the line's cached position."""
        return "\x1f".join((self.bot, self.category, self.symbol, str(self.position_idx)))


MAIN = Line()


@dataclass(frozen=True)
class Refused:
    """What the database said instead of an answer."""

    state: str
    detail: dict[str, Any]


@dataclass
class Play:
    """Calls functions for one account, keeps what they answer, and says what is stored."""

    connection: psycopg.Connection[Any]
    accounts: dict[str, int]
    account: str = "mine"
    answers: list[Any] = field(default_factory=list)

    def fill(self, exec_id: str | None, signed: str, price: Any, at: float, line: Line = MAIN, **more: Any) -> Any:
        """`record_fill`; `signed` is a quantity with + for Buy and - for Sell."""
        return self.single(execution(exec_id, signed, price, at) | more, line)

    def single(self, columns: dict[str, Any], line: Line = MAIN) -> Any:
        """`record_fill` with these columns of an execution, and whatever else it is told."""
        return self.call("record_fill", line, **{"named_bot": None, "effect": None, "announced": None, **columns})

    def batch(
        self, fills: Sequence[dict[str, Any]], line: Line = MAIN, *, supersedes: bool = False, **more: Any
    ) -> Any:
        """`record_fills`, or `record_superseding`."""
        given = json.dumps([{name: value for name, value in fill.items() if value is not None} for fill in fills])
        name = "record_superseding" if supersedes else "record_fills"
        return self.call(name, line, **{"named_bot": None, "announced": None, "fills": given, **more})

    def call(self, name: str, line: Line = MAIN, **params: Any) -> Any:
        """What one of the ledger's queries answers, or how it was refused; what was refused has left nothing behind."""
        given = {"account_id": self.account_id, **line.place, **params}
        answer: Any
        try:
            with self.connection.transaction(), self.connection.cursor(row_factory=dict_row) as cursor:
                row = cursor.execute(query(name).encode(), given).fetchone()
                answer = None if row is None else next(iter(row.values())) if len(row) == 1 else row
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith(("FL", "42501", "40001")):
                raise
            detail = error.diag.message_detail or "{}"
            answer = Refused(error.sqlstate or "", json.loads(detail) if detail.startswith("{") else {})
        self.answers.append(lasting(vars(answer) if isinstance(answer, Refused) else answer))
        return answer

    def refused(self, answer: Any, state: str, **detail: str) -> None:
        """The answer is such a refusal, with this among its details."""
        assert isinstance(answer, Refused), answer
        assert answer.state == state, answer
        assert {name: str(answer.detail.get(name)) for name in detail} == detail, answer

    @property
    def account_id(self) -> int:
        return self.accounts[self.account]

    def fill_id(self, exec_id: str) -> int:
        """The journal's number of an execution."""
        return self._one("steps/fill_id", exec_id=exec_id)

    def book_id(self, line: Line = MAIN) -> int:
        """The number of a book."""
        return self._one("steps/book_id", **line.place)

    def has_book(self, line: Line = MAIN) -> bool:
        """Whether there is a book, if only an empty one."""
        return bool(self.rows("steps/book_id", **line.place))

    def rows(self, name: str, **given: Any) -> list[tuple[Any, ...]]:
        """What a statement of the tests answers for the account."""
        return self.connection.execute(statement(name), {"account_id": self.account_id, **given}).fetchall()

    def book(self, line: Line = MAIN) -> dict[str, Any]:
        """A book's columns, but for the moment at which it was written."""
        (book,) = self.rows("steps/book", book_id=self.book_id(line))
        return {name: value for name, value in book[0].items() if name != "updated_at"}

    def counted(self, line: Line = MAIN) -> list[str]:
        """The fills of a book that count, in exchange order, with their signed quantities."""
        return [fill for book, fill in self.rows("steps/counted") if book == str(line)]

    def order(self, order_id: str, bot: str | None, category: str = "linear") -> None:
        """The account knows of an order and who wrote it."""
        given = {"account_id": self.account_id, "category": category, "order_id": order_id, "bot_id": bot}
        self.connection.execute(statement("steps/order"), given)

    def complaints(self) -> list[Any]:
        """What `verify` finds."""
        return self.connection.execute(statement("damage/verify_all")).fetchall()

    def all(self) -> list[Any]:
        """All that was answered, all that is stored, and what is locked."""
        stored = []
        for name, account_id in sorted(self.accounts.items()):
            rows = self.connection.execute(statement("mutation/state"), {"account_id": account_id}).fetchall()
            stored.append([name, sorted(json.dumps([kind, lasting(row)], sort_keys=True) for kind, row in rows)])
        return [list(self.answers), stored, self.connection.execute(statement("steps/locks")).fetchall()]

    def _one(self, name: str, **given: Any) -> int:
        rows = self.rows(name, **given)
        assert rows, given
        return int(rows[0][0])


def execution(exec_id: str | None, signed: str, price: Any, at: float, **more: Any) -> dict[str, Any]:
    """The columns of an execution, none of them left out."""
    columns: dict[str, Any] = dict.fromkeys(_COLUMNS)
    columns |= {
        "side": "Sell" if signed.startswith("-") else "Buy",
        "exec_qty": signed.lstrip("+-"),
        "exec_id": exec_id,
    }
    columns |= {"exec_price": price, "exec_time": moment(at).isoformat(), "commission": "0.01"}
    return columns | {"exec_type": "Trade", "source": "bot"} | more


def lasting(value: Any) -> Any:
    """Without what differs from run to run: the books' numbers are in the upper half of the fills'."""
    if isinstance(value, dict):
        return {key: _lasting_id(key, one) for key, one in value.items() if key not in _PASSING}
    if isinstance(value, list):
        return [lasting(one) for one in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int) and value > _LOWER_HALF:  # in a list, without a name
        return str(value & _LOWER_HALF)
    return _IDS.sub(lambda found: str(int(found[0]) & _LOWER_HALF), value) if isinstance(value, str) else str(value)


def _lasting_id(key: str, value: Any) -> Any:
    is_id = isinstance(value, int) and (key.endswith("_id") or key == "replaced_by")
    return value & _LOWER_HALF if is_id else lasting(value)


def prepared(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Two accounts with the same bots; gives their numbers by name."""
    set_json_loads(partial(json.loads, parse_float=Decimal), connection)
    accounts = {}
    for account in ("mine", "theirs"):
        for bot in (BOT, OTHER):
            named = {"account": account, "venue": "paper", "environment": "paper", "default_account": "main"}
            name = bot if account == "mine" else f"{bot} of theirs"
            row = connection.execute(query("register_bot").encode(), {"bot_id": name, **named}).fetchone()
            assert row is not None
            accounts[account] = int(row[0])
    return accounts
