"""What the reconciler reads from, and writes to, the ledger's database, beside fills."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.database import AsyncDatabase, Query, Rows
from ledger.errors import PermissionDeniedError
from ledger.order_ids import parse_client_order_id
from reconcile.errors import WrongAccountError
from reconcile.values import Instrument, Order, Unreadable


@dataclass(frozen=True)
class Account:
    """What the ledger's account is called, and what it is registered for."""

    name: str
    venue: str
    environment: str


@dataclass(frozen=True, order=True)
class Move:
    """What an execution added to a book, signed, and its place in exchange order; `at` in seconds since 1970."""

    at: Decimal
    seq: int
    exec_id: str
    qty: Decimal = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class BookLine:
    """One bot's book. `qty` is signed; `avg_price` is None where nobody knows it."""

    book_id: int
    bot_id: str
    category: str
    symbol: str
    position_idx: int
    base_coin: str
    book_seq: int
    cash_seq: int
    entries: int  # open lots
    trades: int
    dust_qty: Decimal
    qty: Decimal
    never_closed: bool  # since it was flat, and nobody else traded on the line
    avg_price: Decimal | None
    moves: tuple[Move, ...] = ()  # those that were asked for, oldest first
    awaits_executions: bool = False  # since then, of a fill of a whole order


@dataclass(frozen=True, kw_only=True)
class KnownOrder:
    """What the ledger knows of an order; `stored`: whether the venue's own answer is there."""

    order_id: str
    bot_id: str | None
    position_idx: int | None
    create_type: str | None
    stop_order_type: str | None
    stored: bool


@dataclass(frozen=True, kw_only=True)
class KnownExecution:
    """An execution that the ledger has: of which order, in whose book, on which leg, and where it came from."""

    exec_id: str
    order_id: str | None
    bot_id: str
    position_idx: int
    source: str


@dataclass(frozen=True)
class Moment:
    """A place in exchange order on a line."""

    symbol: str
    position_idx: int
    exec_time: datetime
    seq: int
    exec_id: str


class Store:
    """One account's rows. Raises LedgerError as the clients do."""

    def __init__(self, database: AsyncDatabase, account_id: int) -> None:
        self._database = database
        self.account_id = account_id

    async def rows(self, name: str, **params: Any) -> Rows:
        """The rows of a named query of this account."""
        return await self._database.query(Query(name, {"account_id": self.account_id, **params}))

    async def now(self) -> datetime:
        """The database's clock."""
        at: datetime = (await self.rows("database_time"))[0]["at"]
        return at

    async def bots(self) -> Mapping[str, bool]:
        """The account's bots, and whether the login may act for each."""
        return {row["bot_id"]: row["allowed"] for row in await self.rows("account_bots")}

    async def allowed_bots(self, why: str) -> tuple[str, ...]:
        """The account's bots. Raises PermissionDeniedError, with `why`, if the login may not act for all of them."""
        bots = await self.bots()
        if strangers := sorted(bot for bot, allowed in bots.items() if not allowed):
            raise PermissionDeniedError(f"{why}; the login may not act for {', '.join(strangers)}")
        return tuple(bots)

    async def account(self) -> Account:
        """The account's name, and where it is."""
        return Account(**(await self.rows("account_place"))[0])

    async def lines(self, since: datetime | None = None) -> list[BookLine]:
        """All books; with `since`, what came after it to each, too, as of one moment."""
        rows = await self.rows("account_lines", since=since)
        return [BookLine(**{**row, "moves": tuple(map(_move, row["moves"] or ()))}) for row in rows]

    async def last_run(self) -> Mapping[str, Any] | None:
        """The newest run: its report and when it was made or confirmed."""
        rows = await self.rows("last_run")
        return rows[0] if rows else None

    async def uncovered(
        self, endpoint: str, category: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, datetime]]:
        """The parts of [since, until) that are not proven fetched, oldest first."""
        rows = await self.rows("uncovered", endpoint=endpoint, category=category, since=since, until=until)
        return [(row["since"], row["until"]) for row in rows]

    async def add_coverage(self, endpoint: str, category: str, since: datetime, until: datetime) -> None:
        """States [since, until) as proven fetched."""
        await self.rows("add_coverage", endpoint=endpoint, category=category, since=since, until=until)

    async def keep_orders(self, orders: Iterable[Order]) -> Sequence[str]:
        """Stores orders; answers the ids of those that say less than is stored and are not older."""
        listed = [_order_columns(order) for order in orders]
        if not listed:
            return ()
        refused: list[str] = (await self.rows("keep_orders", orders=_dump(listed)))[0]["refused"]
        return refused

    async def known_orders(self, category: str, order_ids: Iterable[str]) -> Mapping[str, KnownOrder]:
        """What the ledger knows of these orders, by id."""
        asked = sorted(set(order_ids))
        rows = await self.rows("known_orders", category=category, order_ids=asked) if asked else []
        return {row["order_id"]: KnownOrder(**row) for row in rows}

    async def known_executions(self, category: str, exec_ids: Iterable[str]) -> Mapping[str, KnownExecution]:
        """Those executions that the ledger has, by id."""
        rows = await self.rows("known_executions", category=category, exec_ids=sorted(exec_ids))
        return {row["exec_id"]: KnownExecution(**row) for row in rows}

    async def decided_executions(self, category: str, exec_ids: Iterable[str]) -> frozenset[str]:
        """Those executions that a person has decided about."""
        rows = await self.rows("decided_executions", category=category, exec_ids=sorted(exec_ids))
        return frozenset(row["exec_id"] for row in rows)

    async def modes(self, category: str, symbol: str) -> frozenset[bool]:
        """Whether the orders that are known of a symbol were made in hedge mode: both, where it has switched."""
        rows = await self.rows("modes", category=category, symbol=symbol)
        return frozenset(row["hedged"] for row in rows)

    async def open_at(
        self, category: str, moments: Sequence[Moment], *, adjusted: bool = True
    ) -> list[dict[str, Decimal]]:
        """What each bot had open just before each moment, signed; flat books are left out.

        Not `adjusted`: without what adjustments have opened and closed.
        """
        rows = await self.rows(
            "open_at",
            category=category,
            symbols=[m.symbol for m in moments],
            position_idxs=[m.position_idx for m in moments],
            exec_times=[m.exec_time for m in moments],
            seqs=[m.seq for m in moments],
            exec_ids=[m.exec_id for m in moments],
            adjusted=adjusted,
        )
        found: list[dict[str, Decimal]] = [{} for _ in moments]
        for row in rows:
            if row["qty"]:
                found[row["n"]][row["bot_id"]] = row["qty"]
        return found

    async def quarantine(self, unreadable: Iterable[tuple[Unreadable, str]]) -> int:
        """Keeps executions for a person, each under an id; answers how many are new."""
        listed = [
            {
                "category": one.category,
                "exec_id": exec_id,
                "symbol": one.symbol,
                "exec_type": one.exec_type,
                "exec_time": one.exec_time,
                "reason": one.reason,
                "raw": one.raw,
                "readable": one.readable,
            }
            for one, exec_id in unreadable
        ]
        if not listed:
            return 0
        return int((await self.rows("quarantine_executions", executions=_dump(listed)))[0]["added"])

    async def quarantined_execution(self, exec_id: str, category: str | None) -> Rows:
        """An execution in quarantine, decided about or not: one row for each category that has the id."""
        return await self.rows("quarantined_execution", exec_id=exec_id, category=category)

    async def release_booked(self) -> int:
        """Takes out of quarantine what could be booked after all; answers how many."""
        return int((await self.rows("release_booked"))[0]["released"])

    async def quarantined(self) -> Rows:
        """The executions that wait for a decision: exec_id, category, symbol."""
        return await self.rows("quarantined")

    async def instruments(self) -> Mapping[tuple[str, str], Instrument]:
        """The instruments that are registered, by category and symbol."""
        rows = await self.rows("known_instruments")
        return {(row["category"], row["symbol"]): Instrument(**row) for row in rows}

    async def adjustments(self) -> Mapping[tuple[str, str, int], datetime]:
        """The lines that an adjustment holds in agreement, and the moment of the newest one on each."""
        rows = await self.rows("adjustments")
        return {(row["category"], row["symbol"], row["position_idx"]): row["at"] for row in rows}

    async def claimed_uid(self) -> str | None:
        """The venue's id of the account, if a key has told it."""
        uid: str | None = (await self.rows("claim_account", uid=""))[0]["uid"]  # claims nothing
        return uid

    async def trades_spot(self) -> bool:
        """Whether there is anything of spot: a book, an order, an execution that waits."""
        return bool((await self.rows("trades_spot"))[0]["any"])

    async def claim(self, account: str, uid: str) -> None:
        """Keeps the venue's id of the account if none is kept yet.

        Raises WrongAccountError if another one is, or if another account of the ledger has this one.
        """
        (row,) = await self.rows("claim_account", uid=uid)
        if row["uid"] != uid or row["elsewhere"] is not None:
            raise WrongAccountError(account, row["uid"], uid, row["elsewhere"])

    async def add_findings(self, findings: Sequence[Mapping[str, Any]]) -> int:
        """Adds to the newest run what was found since; answers how many do not wait already."""
        return int((await self.rows("add_findings", findings=_dump(findings)))[0]["added"])

    async def save_run(self, **columns: Any) -> int:
        """Stores a run and its findings, or confirms the last one; answers its id."""
        for name in ("compared", "findings"):
            columns[name] = _dump(columns[name])
        return int((await self.rows("save_run", **columns))[0]["run_id"])


def _move(columns: Sequence[Any]) -> Move:
    at, seq, exec_id, qty = columns
    return Move(Decimal(at), seq, exec_id, Decimal(qty))


def _order_columns(order: Order) -> dict[str, Any]:
    own = parse_client_order_id(order.client_order_id)
    parent = parse_client_order_id(order.parent_client_order_id)
    return {
        "category": order.category,
        "order_id": order.order_id,
        "client_order_id": order.client_order_id,
        "bot_id": own.bot_id if own else None,
        "parent_bot_id": parent.bot_id if parent else None,
        "parent_order_id": order.parent_client_order_id,
        "symbol": order.symbol,
        "position_idx": order.position_idx,
        "side": order.side,
        "reduce_only": order.reduce_only,
        "create_type": order.create_type,
        "stop_order_type": order.stop_order_type,
        "status": order.status,
        "qty": order.qty,
        "price": order.price,
        "cum_exec_qty": order.cum_exec_qty,
        "cum_exec_fee": order.cum_exec_fee,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "raw": order.raw,
    }


def _dump(value: Any) -> str:
    # PostgreSQL's JSON knows no NUL.
    return json.dumps(value, default=str).replace("\\u0000", "\\ufffd")
