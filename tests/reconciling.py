"""A bot, its ledger and its account on a local Bybit, and the questions that tests of the reconciler ask."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger import AsyncLedgerClient
from ledger.database.url import to_conninfo
from reconcile import ReconciliationReport, reconcile_positions_on_startup
from reconcile.bybit import BybitExchange
from reconcile.paper.payloads import execution_row
from tests.bybit_account import START, BybitAccount, bybit_account
from tests.snapshots import snapshot
from tests.statements import statement

BOT = "lxalgo_001"
Row = dict[str, Any]


def fill_of(row: Row) -> dict[str, Any]:
    """What a bot writes of one of the venue's rows."""
    return {
        "symbol": row["symbol"],
        "side": row["side"],
        "exec_price": row["execPrice"],
        "exec_qty": row["execQty"],
        "exec_time": START + timedelta(milliseconds=int(row["execTime"]) - START.timestamp() * 1000),
        "exec_id": row["execId"],
        "order_id": row["orderId"],
        "client_order_id": row["orderLinkId"] or None,
        "commission": row["execFee"],
    }


@dataclass
class Desk:
    """Everything around one account."""

    account: BybitAccount
    client: AsyncLedgerClient
    database_url: str
    redis_url: str
    session: HTTP

    def order(self, side: str, qty: str, bot: str | None = BOT, **more: Any) -> str:
        """A market order through pybit, filled at once, under a client order id of `bot`; its id."""
        self.account.control.advance(1000)
        order = {"category": "linear", "symbol": "BTCUSDT", "side": side, "orderType": "Market", "qty": qty, **more}
        if bot is not None:
            order["orderLinkId"] = f"{bot}-entry-{self.account.control.now() % 10**9:09d}"
        order_id: str = self.session.place_order(**order)["result"]["orderId"]
        return order_id

    def hidden_order(self, side: str, qty: str, bot: str | None = BOT, **more: Any) -> str:
        """The same, executed and not listed for 40 seconds."""
        self.account.control.set_lags(executions=40_000)
        order_id = self.order(side, qty, bot=bot, **more)
        self.account.control.set_lags()
        return order_id

    def executed(self) -> list[Row]:
        """All that was executed, listed or not, as bots write it down."""
        account = self.account.paper.venue.accounts.get(self.account.uid)
        return [fill_of(execution_row(one)) for one in account.executions]

    def executions(self, category: str = "linear") -> list[Row]:
        """The newest of the venue's rows, oldest first."""
        now = self.account.control.now()
        asked = self.session.get_executions(category=category, limit=100, startTime=now - 600_000, endTime=now)
        rows: list[Row] = asked["result"]["list"]
        return sorted(rows, key=lambda row: int(row["seq"]))

    async def record(self, order_id: str, client: AsyncLedgerClient | None = None) -> None:
        """The bot writes what it was told of its order, as it does while it runs."""
        for row in self.executions():
            if row["orderId"] == order_id:
                await (client or self.client).record_fill(**fill_of(row))

    async def registered(self, bot: str) -> None:
        """Another bot of the account."""
        async with AsyncLedgerClient(bot, account="main", database_url=self.database_url) as client:
            await client.register()

    async def trade(self, side: str, qty: str, **more: Any) -> str:
        """The bot trades and writes it down."""
        order_id = self.order(side, qty, **more)
        await self.record(order_id)
        return order_id

    async def reconcile(self, **options: Any) -> ReconciliationReport:
        """The call under test."""
        given: dict[str, Any] = {
            "since": START,
            "settle": 0.03,
            "exchange_client": self.account.exchange,
            "bot_id": BOT,
            "db_client": self.client,
        } | options
        return await reconcile_positions_on_startup(**given)

    def rows(self, name: str, **parameters: Any) -> list[Row]:
        """The answer of a statement of the tests."""
        with psycopg.connect(to_conninfo(self.database_url), row_factory=dict_row) as connection:
            return connection.execute(statement(name), parameters).fetchall()

    def everything(self) -> dict[str, list[str]]:
        """All rows of the account but the moment at which a run was last confirmed."""
        with psycopg.connect(to_conninfo(self.database_url)) as connection:
            found = snapshot(connection, 1)
        found["reconciliation_runs"] = [
            str(sorted((k, str(v)) for k, v in row.items() if k != "confirmed_at"))
            for row in self.rows("reconcile/runs")
        ]
        return found

    def versions(self) -> dict[str, list[tuple[Any, ...]]]:
        """Where every row is stored and which transaction wrote it: what is not the same was written."""
        with psycopg.connect(to_conninfo(self.database_url)) as connection:
            tables = [name for (name,) in connection.execute(statement("tables"))]
            return {name: connection.execute(statement("reconcile/versions", table=name)).fetchall() for name in tables}

    async def written_by_a_second_run(self, **options: Any) -> set[str]:
        """The tables that reconciling writes when it is run again at once; there should be none."""
        await self.reconcile(**options)
        before = self.versions()
        await self.reconcile(**options)
        after = self.versions()
        return {name for name in after if after[name] != before[name]}

    def books(self) -> Mapping[tuple[str, str, int], Decimal]:
        """Signed quantities that are open, by bot, symbol and position_idx."""
        return {(r["bot_id"], r["symbol"], r["position_idx"]): r["qty"] for r in self.rows("reconcile/books")}

    def venue(self) -> Mapping[tuple[str, int], Decimal]:
        """What is open at the venue, by symbol and position_idx."""
        state = self.account.control.state(self.account.uid)
        return {(one["symbol"], one["position_idx"]): one["qty"] for one in state["positions"] if one["qty"]}

    def agrees(self) -> bool:
        """Whether the sums of the books are the venue's positions."""
        sums: dict[tuple[str, int], Decimal] = {}
        for (_, symbol, idx), qty in self.books().items():
            sums[symbol, idx] = sums.get((symbol, idx), Decimal(0)) + qty
        return {line: qty for line, qty in sums.items() if qty} == self.venue()


def kinds(report: ReconciliationReport) -> list[tuple[str, str | None]]:
    """What was found, and in whose book."""
    return sorted((finding.kind, finding.bot_id) for finding in report.findings)


@asynccontextmanager
async def open_desk(
    database_url: str, redis_url: str, *, categories: tuple[str, ...] = ("linear",), **server: Any
) -> AsyncIterator[Desk]:
    """A fresh account at START, whose time stands still, and the bot's client."""
    async with (
        bybit_account(server={"rate_limits": False, **server}, categories=categories) as account,
        AsyncLedgerClient(BOT, account="bybit:main:paper", database_url=database_url, redis_url=redis_url) as client,
    ):
        key = account.credentials
        session = HTTP(api_key=key.api_key, api_secret=key.api_secret, retry_delay=0)
        session.endpoint = account.paper.url
        await client.register()
        account.control.advance(3_600_000)
        try:
            yield Desk(account, client, database_url, redis_url, session)
        finally:
            session.client.close()


def another_exchange(desk: Desk, **given: Any) -> BybitExchange:
    """A second Exchange on the same account."""
    return BybitExchange(desk.account.settings(**{"categories": ("linear",), **given}))
