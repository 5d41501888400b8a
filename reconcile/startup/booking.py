"""Executions of the venue become fills of the ledger: each once, in its owner's book, on its leg."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from ledger import AsyncLedgerClient
from ledger.errors import ConflictingFillError, InsufficientPositionError, InvalidInputError
from ledger.fill import CASH_TYPES
from ledger.session import EXTERNAL
from reconcile.bybit.fees import fee_currency
from reconcile.exchange import Exchange
from reconcile.startup.coins import Coins
from reconcile.startup.legs import Legs
from reconcile.startup.owners import close_reason, owner_by_lots, stated_owner
from reconcile.startup.report import Finding
from reconcile.startup.store import KnownOrder, Moment, Store
from reconcile.values import Execution, Instrument, Order, Unreadable

LineKey = tuple[str, str, int]  # category, symbol, position_idx
BookKey = tuple[str, str, str, int]  # bot, category, symbol, position_idx
_NO_ORDER = CASH_TYPES | {"Settle"}
_REFUSALS = (ConflictingFillError, InsufficientPositionError, InvalidInputError)


class IncompleteLotsError(Exception):
    """An exit that the venue made closes more than the ledger has open: executions before it are missing."""


@dataclass(frozen=True)
class _Seat:
    """An execution and where it belongs."""

    execution: Execution
    position_idx: int
    owner: str | None
    fill: dict[str, Any]

    @property
    def line(self) -> tuple[str, int]:
        return self.execution.symbol, self.position_idx

    @property
    def moment(self) -> Moment:
        e = self.execution
        return Moment(e.symbol, self.position_idx, e.exec_time, e.seq or 0, e.exec_id)


@dataclass
class Booked:
    """What a run has booked: new executions by type, why exits were made by book, and what was refused."""

    imported: Counter[str] = field(default_factory=Counter)
    reasons: dict[BookKey, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    findings: list[Finding] = field(default_factory=list)
    insufficient: set[LineKey] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)  # what went into quarantine, and why


class Booker:
    """Books executions of one account.

    Args:
        exchange: the account on its venue.
        store, client: the ledger's side of the same account.
        bots: the account's bots.
        on_new: called with each execution that the ledger did not have, once it is booked.
        complete_lots: whether an exit of the venue that closes more than is open is refused with IncompleteLotsError,
            instead of going to whoever has something open: for callers who can fetch what is missing.
        source: what fills say of where they come from; "exchange" is what a report tells as imported.
    """

    def __init__(
        self,
        exchange: Exchange,
        store: Store,
        client: AsyncLedgerClient,
        bots: Sequence[str],
        *,
        on_new: Callable[[Execution], None] | None = None,
        complete_lots: bool = False,
        source: Literal["exchange", "stream"] = "exchange",
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._client = client
        self._bots = frozenset(bots)
        self._clients: dict[str, AsyncLedgerClient] = {}
        self._legs = Legs(exchange)
        self._coins = Coins(exchange, store, client)
        self._sought: set[str] = set()
        self._details: dict[str, Order] = {}
        self._adjustments: Mapping[LineKey, datetime] = {}
        self._on_new = on_new
        self._complete_lots = complete_lots
        self._source = source
        self.booked = Booked()

    async def prepare(self) -> None:
        """Learns which adjustments executions may take the place of."""
        self._adjustments = await self._store.adjustments()

    async def keep_orders(self, orders: Sequence[Order]) -> None:
        """Stores what the venue knows of orders, and remembers which fees they paid."""
        refused = set(await self._store.keep_orders(orders))
        self._details |= {order.order_id: order for order in orders if order.fees}
        for order in orders:
            if order.order_id in refused:
                self.booked.findings.append(
                    Finding(
                        kind="order_regressed",
                        rule="an order never loses executed quantity: the answer was not stored",
                        category=order.category,
                        symbol=order.symbol,
                        venue={"order_id": order.order_id, "cum_exec_qty": f"{order.cum_exec_qty:f}"},
                    )
                )

    async def book(self, category: str, executions: Sequence[Execution]) -> int:
        """Books all of them in exchange order; answers how many the ledger did not have.

        Raises ExchangeError where the venue has to be asked for more, LedgerError when the database does not answer.
        """
        if not executions:
            return 0
        before = self.booked.imported.total()
        known = await self._store.known_executions(category, [e.exec_id for e in executions])
        orders = await self._orders_of(category, [e for e in executions if e.exec_id not in known])
        coins = await self._coins.learn(category, {e.symbol for e in executions})
        seats = []
        for e in sorted(executions, key=lambda e: (e.exec_time, e.seq or 0, e.exec_id)):
            seats.append(await self._seat(e, known, orders, coins))
        await self._book_moves([seat for seat in seats if seat.execution.exec_type not in CASH_TYPES], known)
        await self._book_cash([seat for seat in seats if seat.execution.exec_type in CASH_TYPES], known)
        return self.booked.imported.total() - before

    async def _orders_of(self, category: str, executions: Sequence[Execution]) -> Mapping[str, KnownOrder]:
        ids = {e.order_id for e in executions if e.order_id and e.exec_type not in _NO_ORDER}
        orders = await self._store.known_orders(category, ids)
        unasked = {key: order for key, order in orders.items() if not order.stored and key not in self._sought}
        unknown = {
            order.order_id
            for e in executions
            if (order := unasked.get(e.order_id or "")) and stated_owner(e, order, self._bots) in {None, EXTERNAL}
        }
        if unknown:
            self._sought |= unknown
            found = await self._exchange.orders_by_id(category, sorted(unknown))
            if found:
                await self.keep_orders(found)
                orders = await self._store.known_orders(category, ids)
        return orders

    async def _seat(
        self,
        e: Execution,
        known: Mapping[str, str],
        orders: Mapping[str, KnownOrder],
        coins: Mapping[tuple[str, str], Instrument],
    ) -> _Seat:
        idx = await self._legs.of(e, orders)
        order = orders.get(e.order_id or "")
        is_cash = e.exec_type in CASH_TYPES
        owner = known.get(e.exec_id) or (None if is_cash else stated_owner(e, order, self._bots))
        fill = {
            "symbol": e.symbol,
            "side": e.side,
            "exec_price": e.exec_price or (None if is_cash else e.exec_price),
            "exec_qty": e.exec_qty,
            "exec_time": e.exec_time,
            "exec_id": e.exec_id,
            "order_id": None if is_cash else e.order_id,
            "client_order_id": e.client_order_id,
            "commission": e.fee,
            "commission_asset": fee_currency(e, self._details.get(e.order_id or ""), coins.get((e.category, e.symbol))),
            "close_reason": None if is_cash else close_reason(e, order),
            "category": e.category,
            "position_idx": idx,
            "seq": e.seq,
            "is_maker": e.is_maker,
            "exec_type": e.exec_type,
            "source": self._source,
        }
        return _Seat(e, idx, owner, fill)

    async def _book_moves(self, seats: Sequence[_Seat], known: Mapping[str, str]) -> None:
        """Whose exits of the venue are depends on what was open then: everything before is booked first."""
        pending: list[_Seat] = []
        adopted: dict[str, str] = {}
        for seat in seats:
            owner = seat.owner or adopted.get(seat.execution.order_id or "")
            if owner is None:
                if any(other.line == seat.line for other in pending):
                    await self._record(pending, known)
                    pending = []
                held = (await self._store.open_at(seat.execution.category, [seat.moment]))[0]
                if self._complete_lots and _closes_more(seat.execution, held):
                    raise IncompleteLotsError(seat.execution.exec_id)
                owner = owner_by_lots(held, seat.execution.side)
                if seat.execution.order_id:
                    adopted[seat.execution.order_id] = owner
            pending.append(replace(seat, owner=owner))
        await self._record(pending, known)

    async def _book_cash(self, seats: Sequence[_Seat], known: Mapping[str, str]) -> None:
        """Cash goes to the one bot that had the position, and touches no lots: all of it can wait for the fills."""
        if not seats:
            return
        held = await self._store.open_at(seats[0].execution.category, [seat.moment for seat in seats])
        owned = [
            replace(seat, owner=seat.owner or owner_by_lots(was, None)) for seat, was in zip(seats, held, strict=True)
        ]
        await self._record(owned, known)

    async def _record(self, seats: Sequence[_Seat], known: Mapping[str, str]) -> None:
        by_owner: dict[str, list[_Seat]] = defaultdict(list)
        for seat in seats:
            by_owner[seat.owner or EXTERNAL].append(seat)
        for owner, theirs in by_owner.items():
            client = await self._client_of(owner)
            superseding = any(map(self._supersedes, theirs))
            try:
                results = await client.record_fills([seat.fill for seat in theirs], superseding=superseding)
            except _REFUSALS:
                for seat in theirs:
                    await self._record_one(client, seat, known)
                continue
            for seat, result in zip(theirs, results, strict=True):
                self._count(seat, result.position.bot_id, known)

    def _supersedes(self, seat: _Seat) -> bool:
        """Whether an adjustment stands for what was not known at the time of this execution."""
        e = seat.execution
        at = self._adjustments.get((e.category, e.symbol, seat.position_idx))
        return at is not None and e.exec_time <= at

    async def _record_one(self, client: AsyncLedgerClient, seat: _Seat, known: Mapping[str, str]) -> None:
        e = seat.execution
        try:
            (result,) = await client.record_fills([seat.fill], superseding=self._supersedes(seat))
        except ConflictingFillError as conflict:
            own_id = f"{e.exec_id}:{e.order_id}"
            if {"order_id", "side"} <= conflict.fields.keys() and e.order_id and seat.fill["exec_id"] != own_id:
                # Two orders of the account met in one trade: the venue gives both executions the same id.
                await self._record_one(client, replace(seat, fill={**seat.fill, "exec_id": own_id}), known)
                return
            self._conflict(seat, conflict)
        except (InsufficientPositionError, InvalidInputError) as refusal:
            if isinstance(refusal, InsufficientPositionError):
                self.booked.insufficient.add((e.category, e.symbol, seat.position_idx))
            await self._store.quarantine([(_unreadable(e, str(refusal)), e.exec_id)])
            self.booked.refused.append(f"{e.category} {e.symbol} {e.exec_id}: {refusal}")
        else:
            self._count(seat, result.position.bot_id, {} if result.duplicate is False else known)

    def _conflict(self, seat: _Seat, conflict: ConflictingFillError) -> None:
        e = seat.execution
        self.booked.findings.append(
            Finding(
                kind="conflicting_fill",
                rule=f"execution {e.exec_id} is in the ledger with another payload, and what is journaled stays",
                category=e.category,
                symbol=e.symbol,
                position_idx=seat.position_idx,
                bot_id=seat.owner,
                ledger={name: str(values["stored"]) for name, values in conflict.fields.items()},
                venue={name: str(values["given"]) for name, values in conflict.fields.items()},
            )
        )

    def _count(self, seat: _Seat, bot_id: str, known: Mapping[str, str]) -> None:
        e = seat.execution
        if e.exec_id in known:
            return
        self.booked.imported[e.exec_type] += 1
        if self._on_new is not None:
            self._on_new(e)
        if e.exec_type not in CASH_TYPES:
            self.booked.reasons[bot_id, e.category, e.symbol, seat.position_idx].add(seat.fill["close_reason"])

    async def _client_of(self, bot_id: str) -> AsyncLedgerClient:
        if bot_id not in self._clients:
            self._clients[bot_id] = await self._client.acting_for(bot_id)
        return self._clients[bot_id]


def _closes_more(e: Execution, held: Mapping[str, Decimal]) -> bool:
    """Whether it closes more than all bots together have open on that side."""
    open_qty = sum((abs(qty) for qty in held.values() if (qty > 0) == (e.side == "Sell")), Decimal(0))
    return e.closed_qty is not None and e.closed_qty > open_qty


def _unreadable(e: Execution, reason: str) -> Unreadable:
    return Unreadable(
        endpoint="executions",
        category=e.category,
        reason=reason,
        raw=e.raw,
        exec_id=e.exec_id,
        symbol=e.symbol,
        exec_type=e.exec_type,
        exec_time=e.exec_time,
    )
