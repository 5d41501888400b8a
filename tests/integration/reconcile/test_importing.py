"""What is fetched, and up to which moment."""

from datetime import timedelta

from ledger.database import AsyncDatabase
from reconcile.startup.booking import Booker
from reconcile.startup.importing import Importer
from reconcile.startup.store import Store
from tests.bybit_account import START
from tests.reconciling import BOT, Desk


async def test_what_happens_in_the_very_last_moment_is_imported(desk: Desk) -> None:
    account_id = await desk.client.register()
    desk.order("Buy", "0.1")
    now = await desk.account.exchange.server_time()
    (row,) = desk.executions()
    assert START + timedelta(milliseconds=int(row["execTime"]) - START.timestamp() * 1000) == now
    database = AsyncDatabase(desk.client.settings)
    store = Store(database, account_id)
    booker = Booker(desk.account.exchange, store, desk.client, (BOT,))
    await Importer(desk.account.exchange, store, booker).run(START, now)
    await database.close()
    assert booker.booked.imported == {"Trade": 1}
