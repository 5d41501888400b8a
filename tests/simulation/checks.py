"""What must be true of the ledger when a seed is over. Each check answers what is wrong, as text."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger import LedgerClient
from ledger.verify import Verifier
from reconcile.paper.accounts import Account
from tests.invariants import broken_invariants
from tests.simulation.bot import BotOptions, reconcile
from tests.simulation.money import closed_pnl_problems, wallet_problems
from tests.simulation.truth import EXTERNAL, Truth, line_of
from tests.snapshots import snapshot
from tests.statements import statement

Row = dict[str, Any]


@dataclass(frozen=True)
class Examined:
    """One account at the end of a seed: both sides, and who sent what."""

    account_id: int
    options: BotOptions
    venue: Account
    truth: Truth
    funding_in_closed_pnl: bool
    strange: frozenset[str]  # executions of a type that nobody knows
    connection: psycopg.Connection[Any]

    def rows(self, name: str) -> list[Row]:
        """The answer of a statement in tests/sql/simulation."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement(f"simulation/{name}"), {"account_id": self.account_id}).fetchall()


def last_reconciliation(one: Examined) -> Iterator[str]:
    """Both sides agree, and again at once nothing is written."""
    with closing(_client(one)) as ledger:
        report = asyncio.run(reconcile(one.options, ledger, patience=5))
        problems = [finding for finding in report.problems if finding.kind != "quarantined"]
        if report.status == "degraded" or problems:
            yield f"the last reconciliation is {report.status}: {report.reason} {problems}"
        before = _everything(one)
        second = asyncio.run(reconcile(one.options, ledger, patience=5))
        after = _everything(one)
        for table in sorted(before.keys() | after.keys()):
            if before.get(table) != after.get(table):
                old, new = set(before.get(table, ())), set(after.get(table, ()))
                yield f"the second reconciliation wrote {table}: {sorted(old - new)[:3]} -> {sorted(new - old)[:3]}"
        if second.imported or second.status != report.status:
            yield f"the second reconciliation is {second.status}, imported {second.imported}"


def _everything(one: Examined) -> Mapping[str, list[str]]:
    """All rows of the account but the moment at which a run was last confirmed."""
    found = snapshot(one.connection, one.account_id)
    found["reconciliation_runs"] = [
        str({name: value for name, value in row.items() if name != "confirmed_at"}) for row in one.rows("runs")
    ]
    return found


def bookings(one: Examined) -> Iterator[str]:
    """Every execution of the exchange is booked once, as it was, to its owner; and nothing else counts."""
    booked: dict[str, Row] = {}
    for row in one.rows("fills"):
        exec_id = row["exec_id"].partition(":")[0]  # what was moved to another book names that book's bot after it
        if exec_id in booked:
            yield f"booked twice: {row}"
        booked[exec_id] = row
    expected = one.truth.executions
    for exec_id in sorted(booked.keys() - expected.keys()):
        yield f"the exchange knows nothing of {booked[exec_id]}"
    for exec_id, execution in expected.items():
        found = booked.get(exec_id)
        if found is None:
            yield f"not booked: {execution}"
            continue
        category, symbol, idx = line_of(one.venue, execution)
        wanted = {
            "bot_id": one.truth.owners[exec_id],
            "category": category,
            "symbol": symbol,
            "position_idx": idx,
            "side": execution.side,
            "exec_price": execution.price,
            "exec_qty": execution.qty,
            "commission": execution.fee,
            "commission_asset": execution.fee_coin,
            "exec_type": execution.exec_type,
        }
        wrong = {name: (found[name], value) for name, value in wanted.items() if found[name] != value}
        if wrong:
            yield f"{exec_id} of {execution.order.order_link_id or execution.order.create_type}: booked, truth: {wrong}"


def positions(one: Examined) -> Iterator[str]:
    """Every book has what its owner's executions leave."""
    books = {
        (b["bot_id"], (b["category"], b["symbol"], b["position_idx"])): (
            (-b["size"] if b["side"] == "Sell" else b["size"]) + b["dust_qty"]
        )
        for b in one.rows("books")
    }
    wanted = {key: qty for key, qty in one.truth.open.items() if qty}
    if {key: qty for key, qty in books.items() if qty} != wanted:
        yield f"books {books} and not {wanted}"


def findings(one: Examined) -> Iterator[str]:
    """Nothing waits for a person but executions of unknown types; no P&L ever disagreed."""
    for row in one.rows("findings"):
        if row["kind"] in {"pnl_residual", "conflicting_fill", "order_regressed"}:
            yield f"found: {row}"
        elif row["resolved_at"] is None and row["kind"] != "quarantined":
            yield f"still open: {row}"
    waiting = {
        row["venue_value"]["exec_id"]
        for row in one.rows("findings")
        if row["kind"] == "quarantined" and row["resolved_at"] is None
    }
    if waiting != one.strange:
        yield f"in quarantine {waiting} and not {set(one.strange)}"
    for run in one.rows("runs"):
        for cycle in run["compared"]["cycles"]:
            if cycle["fitted"] is None:
                yield f"run {run['run_id']}: P&L of {cycle}"


def verification(one: Examined) -> Iterator[str]:
    """Everything derived again, and the cache, agree with what is stored."""
    for rule, rows in broken_invariants(one.connection, one.account_id).items():
        yield f"{rule}: {rows[:3]}"
    with closing(_client(one)) as ledger, Verifier(ledger.settings) as verifier:
        for result in verifier.run(verifier.books()):
            if result.book.account_id == one.account_id and not result.ok:
                yield f"verify: {result}"
        if not verifier.strays().ok:
            yield f"strays: {verifier.strays()}"
        if verifier.cache_problem:
            yield f"cache: {verifier.cache_problem}"


def cache(one: Examined) -> Iterator[str]:
    """What bots read is what is booked."""
    with closing(_client(one)) as ledger:
        for (owner, (category, symbol, idx)), qty in one.truth.open.items():
            if owner == EXTERNAL or category == "spot":
                continue
            position = ledger.acting_for(owner).get_position(symbol, category=category, position_idx=idx)
            read = -position.total_qty if position.side == "Sell" else position.total_qty
            if read != qty:
                yield f"{owner} reads {read} of {symbol}, and not {qty}"


def money(one: Examined) -> Iterator[str]:
    """P&L and funding are what the wallet changed by."""
    books = one.rows("books")
    yield from wallet_problems(one.venue, books)
    yield from closed_pnl_problems(one.venue, books, with_funding=one.funding_in_closed_pnl)


CHECKS = (last_reconciliation, bookings, positions, findings, verification, cache, money)


def _client(one: Examined) -> LedgerClient:
    return LedgerClient(
        one.options.bot_id,
        account=one.options.account,
        database_url=one.options.database_url,
        redis_url=one.options.redis_url,
    )
