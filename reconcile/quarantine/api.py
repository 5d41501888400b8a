"""Applies a decision: what the execution did, in whose book, with the ledger's and the caller's word for it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from inspect import signature
from typing import Any

from ledger import AsyncLedgerClient, LedgerClient
from ledger.database import AsyncDatabase
from ledger.errors import InvalidInputError
from ledger.fill import CASH_TYPES, read_fill
from ledger.money import read_text
from ledger.operations.deciding import Decision, read_decision
from ledger.session import EXTERNAL
from ledger.values import QuarantineDecision
from reconcile.blocking import run_blocking
from reconcile.quarantine.statement import Correction, as_execution, stated
from reconcile.startup.client import RunClient
from reconcile.startup.owners import close_reason, owner_by_lots, stated_owner
from reconcile.startup.store import Moment, Store

_AS_IT_SAYS = Correction()


async def apply_quarantined(
    db_client: LedgerClient | AsyncLedgerClient,
    exec_id: str,
    decision: Decision,
    *,
    category: str | None = None,
    bot_id: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
    correction: Correction = _AS_IT_SAYS,
) -> QuarantineDecision:
    """Decides what an execution in quarantine did, and books it in the transaction that stores the decision.

    The same decision again is answered as it was made, with `fresh` False.

    Args:
        db_client: a client of the account; its connections are not used, only its settings.
        exec_id: the execution, as `fifoledger quarantine` names it.
        decision: "ignore" if it moved nothing, "fill" if it moved the position, "cash" if it moved only cash, as
            funding does; then `commission` is the amount, positive if it was paid.
        category: needed only where several categories have the id in quarantine.
        bot_id: in whose book. Default: by the rules by which reconciling finds an execution's owner.
        note: why.
        dry_run: show what it would do and write nothing.
        correction: what the exchange does not say, or says wrong. Default type: as the exchange says if it has the
            effect that was decided, else Trade, or Funding.

    Raises:
        InvalidInputError: there is no such execution, something is missing or breaks a rule, or something else was
            decided before.
        InsufficientPositionError: it closes more of a hedge leg than the ledger knows to have been open. It stays in
            quarantine, and the same decision can be made once the history before it is there.
        ConflictingFillError: the ledger has the execution already, with another payload.
        PermissionDeniedError: the login may not act for all bots of the account.
        DatabaseUnavailableError: PostgreSQL did not answer; calling again is safe.
    """
    read_decision(decision)
    if decision == "ignore" and (correction.given or bot_id is not None):
        name = "bot_id" if bot_id is not None else next(iter(correction.given))
        raise InvalidInputError(name, correction.given.get(name, bot_id), "left out: ignore books nothing")
    known = read_text("exec_id", exec_id)
    async with RunClient(db_client.bot_id, db_client.settings) as client:
        desk = await _Desk.at(client)
        try:
            return await desk.decide(known, category, decision, correction, bot_id=bot_id, note=note, dry_run=dry_run)
        finally:
            await desk.close()


def apply_quarantined_sync(
    db_client: LedgerClient | AsyncLedgerClient, exec_id: str, decision: Decision, **given: Any
) -> QuarantineDecision:
    """The same, blocking, inside a running event loop or without one. Arguments, result and errors are the same."""
    work = partial(apply_quarantined, db_client, exec_id, decision, **given)
    return run_blocking(work)


class _Desk:
    """One account's quarantine, and the client that books."""

    def __init__(self, client: AsyncLedgerClient, database: AsyncDatabase, account_id: int) -> None:
        self._client = client
        self._database = database
        self._store = Store(database, account_id)

    @classmethod
    async def at(cls, client: AsyncLedgerClient) -> "_Desk":
        account_id = await client.register()
        return cls(client, AsyncDatabase(client.settings), account_id)

    async def close(self) -> None:
        await self._database.close()

    async def decide(
        self,
        exec_id: str,
        category: str | None,
        decision: Decision,
        correction: Correction,
        *,
        bot_id: str | None,
        note: str | None,
        dry_run: bool,
    ) -> QuarantineDecision:
        bots = await self._store.allowed_bots("a decision is about a whole account")
        if bot_id is not None and bot_id not in bots:
            raise InvalidInputError("bot_id", bot_id, f"one of {', '.join(sorted(bots))}")
        row = await self._row(exec_id, category)
        owner, fill = EXTERNAL, None
        if row["decision"] is None and decision != "ignore":
            owner, fill = await self._placed(row, decision, correction, bot_id, bots)
        client = await self._client.acting_for(owner)
        made = await client.decide_quarantined(
            exec_id, decision, category=row["category"], note=note, fill=fill, dry_run=dry_run
        )
        if not made.fresh:
            _require_same(made, decision, correction, bot_id)
        return made

    async def _row(self, exec_id: str, category: str | None) -> dict[str, Any]:
        rows = await self._store.quarantined_execution(exec_id, category)
        if not rows:
            raise InvalidInputError("exec_id", exec_id, "an execution in quarantine")
        if len(rows) > 1:
            several = ", ".join(row["category"] for row in rows)
            raise InvalidInputError("category", None, f"given: the execution is in quarantine in {several}")
        return rows[0]

    async def _placed(
        self,
        row: Mapping[str, Any],
        decision: Decision,
        correction: Correction,
        bot_id: str | None,
        bots: Collection[str],
    ) -> tuple[str, dict[str, Any]]:
        """In whose book it goes, and as what."""
        fill = stated(row, decision, correction)
        execution = as_execution(row, fill)
        orders = await self._store.known_orders(row["category"], [fill["order_id"]] if fill["order_id"] else [])
        order = orders.get(fill["order_id"] or "")
        if fill["position_idx"] is None:
            stated_leg = order.position_idx if order else None
            fill["position_idx"] = await self._leg(row, fill["symbol"]) if stated_leg is None else stated_leg
        owner = bot_id
        if owner is None and decision == "fill":
            owner = stated_owner(execution, order, bots)
        if owner is None:
            moment = Moment(fill["symbol"], fill["position_idx"], fill["exec_time"], fill["seq"] or 0, row["exec_id"])
            held = (await self._store.open_at(row["category"], [moment]))[0]
            owner = owner_by_lots(held, None if decision == "cash" else fill["side"])
        fill["close_reason"] = None if fill["exec_type"] in CASH_TYPES else close_reason(execution, order)
        return owner, fill

    async def _leg(self, row: Mapping[str, Any], symbol: str) -> int:
        """One-way, unless the ledger knows hedge legs of the symbol."""
        books = await self._store.lines()
        if any(b.position_idx and (b.category, b.symbol) == (row["category"], symbol) for b in books):
            raise InvalidInputError("position_idx", None, f"given: {symbol} was traded in hedge mode")
        return 0


def _require_same(
    made: QuarantineDecision,
    decision: Decision,
    correction: Correction,
    bot_id: str | None,
) -> None:
    """What was decided stays; whoever decides it again must mean the same."""
    if made.decision != decision:
        rule = f"{made.decision}, as it was decided on {made.decided_at:%Y-%m-%d %H:%M:%S} UTC: what is decided stays"
        raise InvalidInputError("decision", decision, rule)
    booked = dict(made.booked or {})
    if bot_id is not None and bot_id != booked.get("bot_id"):
        raise InvalidInputError("bot_id", bot_id, f"{booked.get('bot_id')}, in whose book it was booked")
    if not booked:
        return
    before = {name: value for name, value in booked.items() if name in signature(read_fill).parameters}
    before |= {"exec_price": booked.get("exec_price"), "exec_time": datetime.fromisoformat(booked["exec_time"])}
    again = read_fill(**{**before, **correction.given}).as_json()
    for name in correction.given:
        if again.get(name) != booked.get(name):
            raise InvalidInputError(name, correction.given[name], f"{booked.get(name)}, as it was booked")
