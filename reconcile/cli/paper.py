"""`paper`: a local Bybit to rehearse against."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.options import Json, read_time
from ledger.cli.output import output, print_json


def paper(
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen on. Anybody who reaches it controls it.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="Port to listen on.")] = 8800,
    seed: Annotated[int, typer.Option("--seed", help="Repeats ids, random walks and the order of equal rows.")] = 0,
    start: Annotated[
        datetime | None,
        typer.Option("--start", parser=read_time, metavar="TIME", help="Its time at first. Default: now."),
    ] = None,
    running: Annotated[
        bool | None,
        typer.Option("--running/--standing", help="Whether its time runs by itself. Default: only without --start."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            metavar="FILE",
            help="Open an account, and write what a bot needs to reach it to this file, as BYBIT_… settings.",
        ),
    ] = None,
    rate_limits: Annotated[bool, typer.Option(help="Whether requests that come too fast are refused.")] = True,
    as_json: Json = False,
) -> None:
    """Run a strict local Bybit: V5 over HTTP and WebSocket, with accounts, orders, events and faults on demand.

    Unmodified pybit works against it. Accounts, prices, time and faults are set by POST to /paper/…; docs/paper.md
    says how. Runs until it is interrupted. The file of --settings is never one that something else wrote, such as the
    .env of a real account.

    Examples:
      fifoledger paper
      fifoledger paper --port 9000 --start 2026-01-01
      fifoledger paper --settings paper.env
    """
    from reconcile.cli.paper_settings import write_settings
    from reconcile.paper.server import listen, new_venue, serve_on

    venue = new_venue(
        seed=seed,
        start=None if start is None else round(start.timestamp() * 1000),
        running=running,
        rate_limits=rate_limits,
        first_uid=int(time.time()),  # a ledger tells by it that the next one is another Bybit
    )
    listening = listen(host, port)  # before a file is written that another one's bots may use
    where = {"url": f"http://{host}:{port}", "stream_url": f"ws://{host}:{port}/v5/private"}
    if settings is not None:
        write_settings(settings, venue, **where)
    if as_json:
        print_json(where)
    else:
        for name, value in where.items():
            output().print(f"{name:<11}{value}", highlight=False)
    serve_on(listening, venue)
