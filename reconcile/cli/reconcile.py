"""`reconcile`: makes the ledger agree with the exchange."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer

from ledger.cli.exits import ExitCode
from ledger.cli.group import say
from ledger.cli.opening import ready_settings
from ledger.cli.options import Account, Bot, Json, Since, Wide
from ledger.cli.output import print_json
from ledger.settings import Settings
from reconcile.bybit import BybitExchange, BybitSettings, load_settings
from reconcile.cli.choosing import Chosen, choose, client_of, require_same_place
from reconcile.cli.planning import Plan, plan, require_kept
from reconcile.cli.printing import print_plan, print_report
from reconcile.errors import ExchangeError, UnexplainedDifferenceError
from reconcile.startup.api import reconcile_positions_on_startup
from reconcile.startup.report import ComparedLine, ReconciliationReport

T = TypeVar("T")
_ENDS = {"ok": ExitCode.OK, "findings": ExitCode.DIFFERENCES, "degraded": ExitCode.UNAVAILABLE}


class OnUnexplained(StrEnum):
    """What to do where no execution explains a difference."""

    REPORT = "report"
    RAISE = "raise"
    ADJUST = "adjust"


def reconcile(
    *,
    account: Account = None,
    bot: Bot = None,
    since: Since = None,
    on_unexplained: Annotated[
        OnUnexplained,
        typer.Option(
            "--on-unexplained",
            help="Where no execution explains a difference: report it, raise it as an error, too, or adjust the ledger "
            "with one marked fill that has no price.",
        ),
    ] = OnUnexplained.REPORT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what is to be fetched and both sides as they are; write nothing.")
    ] = False,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Make the ledger agree with the exchange: import what it lacks, compare every position and the P&L.

    The key comes from BYBIT_API_KEY and BYBIT_API_SECRET; one that can only read is enough. A reconciliation is of a
    whole account: --bot names one of its bots, and is needed for nothing else. Run again at once it writes nothing.
    --since leaves out older executions; default: as far back as the exchange keeps them.

    Exit code 0: both sides agree. 1: somebody has to decide about a finding, see fifoledger findings. 4: the exchange
    did not answer; no more was booked than what had been fetched completely.

    Examples:
      fifoledger reconcile
      fifoledger reconcile --account main --dry-run
      fifoledger reconcile --since 60d
    """
    settings = ready_settings()
    of_exchange = load_settings()
    chosen = choose(settings, account, bot)
    require_same_place(chosen, of_exchange)
    if dry_run:
        made = planned(settings, of_exchange, chosen, since)
        if as_json:
            print_json({**asdict(made), "lines": [_line(line) for line in made.lines]})
        else:
            print_plan(made, wide=wide)
        return
    report, error = _reported(settings, of_exchange, chosen, since, on_unexplained)
    if as_json:
        print_json(_document(report))
    else:
        print_report(report, wide=wide)
    if error is not None:
        say(error)
    if report.status != "ok":
        raise typer.Exit(_ENDS[report.status])


def planned(settings: Settings, of_exchange: BybitSettings, chosen: Chosen, since: datetime | None) -> Plan:
    """What a reconciliation would do. Leaves with code 4 where the exchange does not answer."""

    async def work(exchange: BybitExchange) -> Plan:
        return await plan(settings, exchange, chosen.account_id, chosen.account, since)

    try:
        return with_exchange(of_exchange, work)
    except ExchangeError as error:
        say(error)
        raise typer.Exit(ExitCode.UNAVAILABLE) from None


def reconciled(settings: Settings, of_exchange: BybitSettings, chosen: Chosen) -> ReconciliationReport:
    """Reconciles over all time that the exchange keeps; what is unexplained is in the report."""
    return _reported(settings, of_exchange, chosen, None, OnUnexplained.REPORT)[0]


def _reported(
    settings: Settings,
    of_exchange: BybitSettings,
    chosen: Chosen,
    since: datetime | None,
    on_unexplained: OnUnexplained,
) -> tuple[ReconciliationReport, UnexplainedDifferenceError | None]:
    client = client_of(settings, chosen.account, chosen.bot_id)

    async def work(exchange: BybitExchange) -> ReconciliationReport:
        if since is not None:
            with suppress(ExchangeError):  # the report will say so
                at = await exchange.server_time()
                require_kept(since, exchange.earliest(at), at)
        return await reconcile_positions_on_startup(
            chosen.bot_id, client, exchange, since=since, on_unexplained=on_unexplained.value
        )

    try:
        return with_exchange(of_exchange, work), None
    except UnexplainedDifferenceError as error:
        return error.report, error
    finally:
        client.close()


def with_exchange(settings: BybitSettings, work: Callable[[BybitExchange], Awaitable[T]]) -> T:
    """Does the work with a connection to the exchange, which is closed afterwards."""

    async def run() -> T:
        exchange = BybitExchange(settings)
        try:
            return await work(exchange)
        finally:
            await exchange.close()

    return asyncio.run(run())


def _document(report: ReconciliationReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        **asdict(report),
        "lines": [_line(line) for line in report.lines],
        "findings": [{**asdict(finding), "is_problem": finding.is_problem} for finding in report.findings],
    }


def _line(line: ComparedLine) -> dict[str, Any]:
    return {**asdict(line), "difference": line.difference}
