"""Executions of the venue become fills of the ledger: each once, in its owner's book, on its leg."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Literal

from ledger import AsyncLedgerClient, FillResult
from ledger.errors import ConflictingFillError, InsufficientPositionError, InvalidInputError
from ledger.fill import CASH_TYPES
from ledger.session import EXTERNAL
from reconcile.exchange import Exchange
from reconcile.startup.booked import Booked, BookKey, LineKey, Seat, conflict_of, refusal_of
from reconcile.startup.coins import Coins
from reconcile.startup.completeness import require_complete_lots, require_funded_position
from reconcile.startup.legs import Legs, closes_leg
from reconcile.startup.owners import close_reason, orders_named, owner_by_lots, shared_funding, stated_owner
from reconcile.startup.report import Finding
from reconcile.startup.store import KnownExecution, KnownOrder, Store
from reconcile.values import Execution, Instrument, Order

__all__ = ["BookKey", "Booked", "Booker", "LineKey"]

_REFUSALS = (ConflictingFillError, InsufficientPositionError, InvalidInputError)
_NO_LEG = "its order is not known, the symbol was traded in one-way and in hedge mode, and what was open does not tell"


class Booker:
    """Books executions of one account.

    Args:
        exchange: the account on its venue.
        store, client: the ledger's side of the same account.
        bots: the account's bots.
        on_new: called with each execution that the ledger did not have, once it is booked.
        complete_lots: whether an execution that closes more than is open, or funding of another position than is open,
            raises IncompleteLotsError, for callers who can fetch what is missing.
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
        self._legs = Legs(exchange, store)
        self.booked = Booked()
        self._coins = Coins(exchange, store, client, self.booked.findings)
        self._sought: set[str] = set()
        self._details: dict[str, Order] = {}
        self._adjustments: Mapping[LineKey, datetime] = {}
        self._on_new = on_new
        self._complete_lots = complete_lots
        self._source = source

    async def prepare(self) -> None:
        """Learns which adjustments executions may take the place of."""
        self._adjustments = await self._store.adjustments()

    async def keep_orders(self, orders: Sequence[Order]) -> None:
        """Stores what the venue knows of orders, and remembers which fees they paid."""
        refused = set(await self._store.keep_orders(orders))
        self._legs.learn(orders)
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

        What a person has decided about is left as it was decided. Raises ExchangeError where the venue has to be asked
        for more, LedgerError when the database does not answer.
        """
        if not executions:
            return 0
        before = self.booked.imported.total()
        ids = [e.exec_id for e in executions]
        decided = await self._store.decided_executions(category, ids)
        executions = [e for e in executions if e.exec_id not in decided]
        known = await self._store.known_executions(category, ids)
        orders = await self._orders_of(category, [e for e in executions if e.exec_id not in known])
        coins = await self._coins.learn(category, {e.symbol for e in executions})
        seats = []
        for e in sorted(executions, key=lambda e: (e.exec_time, e.seq or 0, e.exec_id)):
            seats.append(await self._seat(e, known, orders, coins))
        moves = [seat for seat in seats if seat.execution.exec_type not in CASH_TYPES]
        if self._complete_lots:
            placed = [seat for seat in moves if seat.position_idx is not None]
            await require_complete_lots(self._store, [(seat.execution, seat.moment) for seat in placed], known)
        await self._book_moves(moves, known)
        await self._book_cash([seat for seat in seats if seat.execution.exec_type in CASH_TYPES], known)
        return self.booked.imported.total() - before

    async def _orders_of(self, category: str, executions: Sequence[Execution]) -> Mapping[str, KnownOrder]:
        """What is known of the orders; the venue is asked for those that decide an owner or a leg."""
        ids = orders_named(executions)
        orders = await self._store.known_orders(category, ids)
        unasked = {key: order for key, order in orders.items() if not order.stored and key not in self._sought}
        owners: set[str] = set()
        legs: dict[str, datetime] = {}
        for e in executions:
            if order := unasked.get(e.order_id or ""):
                if stated_owner(e, order, self._bots) in {None, EXTERNAL}:
                    owners.add(order.order_id)
                if await self._legs.of(e, orders) is None:
                    legs[order.order_id] = min(e.exec_time, legs.get(order.order_id, e.exec_time))
        await self._ask_for(category, owners - legs.keys(), None)
        # Where the leg hangs on it, the order is looked for as far back as its execution.
        await self._ask_for(category, legs.keys(), min(legs.values(), default=None))
        return await self._store.known_orders(category, ids) if owners or legs else orders

    async def _ask_for(self, category: str, order_ids: Iterable[str], since: datetime | None) -> None:
        asked = sorted(order_ids)
        if asked:
            self._sought |= set(asked)
            if found := await self._exchange.orders_by_id(category, asked, since):
                await self.keep_orders(found)

    async def _seat(
        self,
        e: Execution,
        known: Mapping[str, KnownExecution],
        orders: Mapping[str, KnownOrder],
        coins: Mapping[tuple[str, str], Instrument],
    ) -> Seat:
        there = _same(e, known.get(e.exec_id))
        idx = await self._legs.of(e, orders)
        if idx is None and there:
            idx = there.position_idx
        order = orders.get(e.order_id or "")
        is_cash = e.exec_type in CASH_TYPES
        coin = self._exchange.fee_currency(e, self._details.get(e.order_id or ""), coins.get((e.category, e.symbol)))
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
            "commission_asset": coin,
            "close_reason": None if is_cash else close_reason(e, order),
            "category": e.category,
            "position_idx": idx,
            "seq": e.seq,
            "is_maker": e.is_maker,
            "exec_type": e.exec_type,
            "source": self._source,
        }
        if there:
            return Seat(e, idx, there.bot_id, fill)
        owner = None if is_cash else stated_owner(e, order, self._bots)
        # Whoever closes a hedge leg closes lots of somebody's: `external` can only have closed its own.
        return Seat(e, idx, None if owner == EXTERNAL and closes_leg(e, idx) else owner, fill)

    async def _book_moves(self, seats: Sequence[Seat], known: Mapping[str, KnownExecution]) -> None:
        """Whose exits of the venue are, and which leg, may depend on what was open: what is before is booked first."""
        pending: list[Seat] = []
        adopted: dict[str, str] = {}
        for seat in seats:
            owner = seat.owner or adopted.get(seat.execution.order_id or "")
            if owner is not None and seat.position_idx is not None:
                pending.append(replace(seat, owner=owner))
                continue
            if any(other.execution.symbol == seat.execution.symbol for other in pending):
                await self._record(pending, known)
                pending = []
            placed = await self._on_leg(seat)
            if placed is not None:
                pending.append(replace(placed, owner=owner or await self._adopted(placed, adopted)))
        await self._record(pending, known)

    async def _adopted(self, seat: Seat, adopted: dict[str, str]) -> str:
        """To whom an exit of the venue belongs, and with it what is still to come of its order."""
        e = seat.execution
        held = (await self._store.open_at(e.category, [seat.moment]))[0]
        owner = owner_by_lots(held, e.side)
        if e.order_id:
            adopted[e.order_id] = owner
        return owner

    async def _on_leg(self, seat: Seat) -> Seat | None:
        """The seat on its leg; None, and the execution in quarantine, where nobody can tell it."""
        if seat.position_idx is not None:
            return seat
        idx = await self._legs.by_holdings(seat.execution)
        if idx is None:
            await self._refuse(seat, _NO_LEG)
            return None
        return seat.on(idx)

    async def _book_cash(self, seats: Sequence[Seat], known: Mapping[str, KnownExecution]) -> None:
        """Cash goes to the one bot that had the position, and touches no lots: all of it can wait for the fills."""
        placed = [one for seat in seats if (one := await self._on_leg(seat)) is not None]
        if not placed:
            return
        held = await self._store.open_at(placed[0].execution.category, [seat.moment for seat in placed])
        owned = []
        for seat, was in zip(placed, held, strict=True):
            e = seat.execution
            if self._complete_lots and e.exec_id not in known:
                require_funded_position(e, seat.idx, was)
            owned.append(replace(seat, owner=seat.owner or owner_by_lots(was, None)))
            if seat.owner is None and len(was) > 1:
                self.booked.notes.append(shared_funding(seat.line, e.exec_id, e.fee, was))
        await self._record(owned, known)

    async def _record(self, seats: Sequence[Seat], known: Mapping[str, KnownExecution]) -> None:
        by_owner: dict[str, list[Seat]] = defaultdict(list)
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
            await self._count(list(zip(theirs, results, strict=True)), known)

    def _supersedes(self, seat: Seat) -> bool:
        """Whether an adjustment stands for what was not known at the time of this execution."""
        at = self._adjustments.get(seat.line)
        return at is not None and seat.execution.exec_time <= at

    async def _record_one(self, client: AsyncLedgerClient, seat: Seat, known: Mapping[str, KnownExecution]) -> None:
        e = seat.execution
        try:
            result = await self._recorded(client, seat)
        except ConflictingFillError as conflict:
            own_id = f"{e.exec_id}:{e.order_id}"
            if {"order_id", "side"} <= conflict.fields.keys() and e.order_id and seat.fill["exec_id"] != own_id:
                # Two orders of the account met in one trade: the venue gives both executions the same id.
                await self._record_one(client, replace(seat, fill={**seat.fill, "exec_id": own_id}), known)
                return
            self.booked.findings.append(conflict_of(seat, conflict))
        except (InsufficientPositionError, InvalidInputError) as refusal:
            if isinstance(refusal, InsufficientPositionError):
                self.booked.insufficient.add(seat.line)
            await self._refuse(seat, str(refusal))
        else:
            await self._count([(seat, result)], known)

    async def _recorded(self, client: AsyncLedgerClient, seat: Seat) -> FillResult:
        """Where something rests on an adjustment that would have to go, it stays for now.

        That may be an exit of the venue, which belongs to the book of this execution: `reassign` sees that.
        """
        if self._supersedes(seat):
            with suppress(InsufficientPositionError):
                return (await client.record_fills([seat.fill], superseding=True))[0]
        return (await client.record_fills([seat.fill]))[0]

    async def _refuse(self, seat: Seat, reason: str) -> None:
        e = seat.execution
        await self._store.quarantine([(refusal_of(seat, reason), e.exec_id)])
        self.booked.refused.append(f"{e.category} {e.symbol} {e.exec_id}: {reason}")

    async def _count(self, made: Sequence[tuple[Seat, FillResult]], known: Mapping[str, KnownExecution]) -> None:
        """Counts what is new by this booking.

        That may be answered as a duplicate: the batch was refused in part, or committed and its answer lost. What a bot
        booked meanwhile says so.
        """
        new = {seat.fill["exec_id"] for seat, result in made if not result.duplicate}
        unsure = {seat.fill["exec_id"] for seat, _ in made if seat.execution.exec_id not in known} - new
        if unsure:
            there = await self._store.known_executions(made[0][0].execution.category, unsure)
            new |= {exec_id for exec_id, one in there.items() if one.source == self._source}
        for seat, result in made:
            if seat.fill["exec_id"] in new:
                new.remove(seat.fill["exec_id"])  # a message that was repeated counts once
                self.booked.count(seat, result.position.bot_id)
                if self._on_new is not None:
                    self._on_new(seat.execution)

    async def _client_of(self, bot_id: str) -> AsyncLedgerClient:
        if bot_id not in self._clients:
            self._clients[bot_id] = await self._client.acting_for(bot_id)
        return self._clients[bot_id]


def _same(e: Execution, there: KnownExecution | None) -> KnownExecution | None:
    """What the ledger has of it. Under its id may be the other side of a trade of the account with itself."""
    return there if there is None or None in (there.order_id, e.order_id) or there.order_id == e.order_id else None
