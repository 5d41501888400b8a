"""`import bybit`: the past straight from the exchange."""

from dataclasses import asdict
from datetime import datetime

import typer

from ledger.cli.exits import ExitCode
from ledger.cli.group import say
from ledger.cli.opening import ready_settings
from ledger.cli.options import Account, Json, Since, Wide
from ledger.cli.output import duration, output, print_json
from ledger.verify import BookResult
from reconcile.bybit import BybitExchange, load_settings
from reconcile.cli.choosing import choose, require_same_place
from reconcile.cli.import_options import DryRun, NoVerify
from reconcile.cli.import_printing import print_unproven, seconds_of
from reconcile.cli.interrupting import interruptible
from reconcile.cli.planning import require_kept
from reconcile.cli.printing import print_plan
from reconcile.cli.reconcile import planned, with_exchange
from reconcile.errors import ExchangeError
from reconcile.history.fetching import FetchReport, fetch_history, prove

_SHOWN = 10
_INTERRUPTED = "interrupted: what was booked stays; the same command goes on behind the last window"


def import_bybit(
    *,
    account: Account = None,
    since: Since = None,
    dry_run: DryRun = False,
    no_verify: NoVerify = False,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Import from Bybit itself: every execution that it keeps, about two years of them, and that is not here yet.

    Whose each execution is, and on which leg, is found out as `reconcile` does; an account must be registered, with its
    bots. What is proven fetched is not fetched again; an interrupted import goes on where it was. Nothing is compared:
    `fifoledger reconcile` does that. The key comes from BYBIT_API_KEY and BYBIT_API_SECRET and may be one that can only
    read.

    Exit code 1: an execution waits for a person, see fifoledger quarantine, or a book is not proven. 4: the exchange
    did not answer; what was booked stays.

    Examples:
      fifoledger import bybit
      fifoledger import bybit --account main --since 90d --dry-run
    """
    settings, of_exchange = ready_settings(), load_settings()
    chosen = choose(settings, account, None)
    require_same_place(chosen, of_exchange)
    if dry_run:
        plan = planned(settings, of_exchange, chosen, since)
        if as_json:
            print_json(asdict(plan))
        else:
            print_plan(plan, wide=wide)
        return
    ours = settings.model_copy(update={"account": f"{chosen.venue}:{chosen.account}:{chosen.environment}"})

    async def work(exchange: BybitExchange) -> FetchReport:
        at = await exchange.server_time()
        require_kept(since, exchange.earliest(at), at)
        return await fetch_history(exchange, ours, since)

    try:
        with interruptible(_INTERRUPTED):
            report = with_exchange(of_exchange, work)
    except ExchangeError as error:
        say(error)
        raise typer.Exit(ExitCode.UNAVAILABLE) from None
    unproven = [] if no_verify else prove(ours, report)
    if as_json:
        print_json({"ok": not report.rejected and not unproven, **asdict(report),
                    "unproven": [asdict(result.book) for result in unproven]})  # fmt: skip
    else:
        _print(report, unproven, since, verified=not no_verify)
    if report.rejected or unproven:
        raise typer.Exit(ExitCode.DIFFERENCES)


def _print(report: FetchReport, unproven: list[BookResult], since: datetime | None, *, verified: bool) -> None:
    console = output()

    def line(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    for text in report.refused[:_SHOWN]:
        line(f"in quarantine: {text}")
    for finding in report.findings[:_SHOWN]:
        line(f"{finding.kind}: {finding.symbol}: {finding.rule}")
    if unproven:
        print_unproven(unproven, wide=False)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report.booked_by_type.items()) or "nothing new"
    line(
        f"{report.read:,} executions read = {report.booked:,} booked + {report.duplicates:,} duplicates + "
        f"{report.rejected:,} for a person to decide"
    )
    line(f"Booked: {kinds}, in {len(report.books):,} books{_proven(unproven, verified=verified)}.")
    start = "the beginning of what Bybit keeps" if since is None else f"{since:%Y-%m-%d %H:%M} UTC"
    line(
        f"{report.account} is fetched from {start} on: {report.windows:,} windows, {report.requests:,} requests, in "
        f"{duration(seconds_of(report.seconds))}."
    )


def _proven(unproven: list[BookResult], *, verified: bool) -> str:
    if not verified:
        return ", not verified"
    return f", {len(unproven):,} of them not proven" if unproven else ", all proven"
