"""The chapter of the demo: a bot dies, things happen without it, and one call explains all of them."""

import asyncio
from contextlib import closing
from decimal import Decimal

from ledger.client import LedgerClient
from ledger.database import Database, Query, Rows
from ledger.demo.stage import Stage
from ledger.errors import PermissionDeniedError
from ledger.session import EXTERNAL
from reconcile.demo.explained import show_cycles, show_executions, show_findings, show_lines, show_wallet
from reconcile.demo.scene import Scene, open_scene
from reconcile.demo.story import BITCOIN, ETHER, meanwhile, trade_and_die
from reconcile.startup.api import reconcile_positions_on_startup
from reconcile.startup.report import ReconciliationReport

_OF_THE_BOT, _OF_NOBODY = 2, 2  # books


def outage(stage: Stage) -> None:
    """Plays the outage on a local Bybit, through pybit, and reconciles at the restart."""
    report = stage.report
    report.heading("An outage, and everything explained")
    report.say(
        "On a local Bybit (fifoledger paper), through pybit, which knows of no difference: a bot, an own process, "
        "is long BTCUSDT with a stop on the exchange at 58,000, and short ETHUSDT with a take-profit order at 2,900."
    )
    stage.more_books += _OF_THE_BOT
    with open_scene(stage) as scene:
        trade_and_die(scene)
        with scene.client() as ledger:
            _believed(scene, ledger)
            meanwhile(scene)
            report.say(
                "Almost 24 hours pass. A person trades on the same account, funding is charged, the stop is hit in a "
                "thin market, the take-profit is half filled. Then the bot starts again, and calls "
                "reconcile_positions_on_startup before anything else."
            )
            try:
                found = _reconcile(scene, ledger)
            except PermissionDeniedError as error:
                report.say(f"Not with this database login, which may not act for the whole account: {error}.")
                return
            stage.more_books += _OF_NOBODY
            report.say(
                f"All of the two years that Bybit keeps was fetched: {found.windows} windows of a week, "
                f"{found.requests} requests, 50 a second, as Bybit allows. From now on only what is new."
            )
            _explain(scene, ledger, found)
            _repeat(scene, ledger)
    stage.more_commands += [
        f"fifoledger findings --all --account {scene.account}",
        f"fifoledger orders --account {scene.account}",
        f"fifoledger coverage --account {scene.account}",
    ]


def _believed(scene: Scene, ledger: LedgerClient) -> None:
    """Before the restart the ledger knows less than the exchange, and its bot is dead."""
    found = (ledger.get_position(BITCOIN).size, scene.position(BITCOIN))
    wanted = (Decimal("0.2"), Decimal("0.3"))
    scene.stage.report.expect("the ledger knows of 0.2 BTC, the exchange of 0.3", found, wanted)


def _reconcile(scene: Scene, ledger: LedgerClient) -> ReconciliationReport:
    async def work() -> ReconciliationReport:
        exchange = scene.exchange()
        try:
            return await reconcile_positions_on_startup(ledger.bot_id, ledger, exchange)
        finally:
            await exchange.close()

    with scene.stage.report.console.status("Reconciling the two years that Bybit keeps"):
        return asyncio.run(work())


def _explain(scene: Scene, ledger: LedgerClient, found: ReconciliationReport) -> None:
    report = scene.stage.report
    report.expect("the exchange answered, and nothing is left to decide: report.ok", found.ok, True)
    show_findings(report, ledger.bot_id, found)
    show_executions(report, ledger.bot_id, _read(scene, "report_executions", account=scene.account))
    show_lines(report, ledger.bot_id, found)
    show_cycles(report, found)
    owners = {"the bot": ledger, "nobody’s bot": ledger.acting_for(EXTERNAL)}
    show_wallet(report, owners, scene.balance())


def _repeat(scene: Scene, ledger: LedgerClient) -> None:
    """Run again at once, it only confirms the run before."""
    report = scene.stage.report
    account_id = ledger.register()
    before = _read(scene, "account_rows", account_id=account_id)
    again = _reconcile(scene, ledger)
    after = _read(scene, "account_rows", account_id=account_id)
    report.expect("once more: both sides agree, nothing to import", (again.ok, again.imported_count), (True, 0))
    report.expect(f"and none of the account's {sum(row['rows'] for row in after)} rows was written", after, before)
    size = ledger.get_position(ETHER)
    report.expect("the bot reads what is left of its short: 2", (size.side, size.size), ("Sell", Decimal(2)))


def _read(scene: Scene, query: str, **params: object) -> Rows:
    with closing(Database(scene.stage.settings)) as database:
        return database.query(Query(query, params))
