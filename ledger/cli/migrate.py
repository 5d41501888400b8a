from typing import Annotated

import typer

from ledger import embedded
from ledger.cli.masking import mask_database_url
from ledger.cli.opening import database, require_answer, url_of
from ledger.cli.options import Json
from ledger.cli.output import output, print_json
from ledger.database import Query
from ledger.errors import LedgerError
from ledger.settings import Settings, load_settings


def migrate(
    revision: Annotated[
        str, typer.Option("--revision", help="Go to this revision instead of the newest.", metavar="REVISION")
    ] = "head",
    downgrade: Annotated[
        bool, typer.Option("--downgrade", help="Go back to --revision; 'base' removes every table and its data.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a downgrade.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the database to this version's schema. Safe to run at every start, and by several programs at once.

    Everything happens in one transaction: all of it or nothing. The login must be a member of ledger_owner, or may
    create roles.

    Examples:
      fifoledger migrate
      fifoledger migrate --downgrade --revision base
    """
    # These take a fifth of a second, which every other command would wait for.
    from alembic.util import CommandError

    from ledger import migrate as migrations

    if downgrade and revision == "head":
        raise typer.BadParameter("--downgrade needs --revision: where to go back to")
    settings = _started(load_settings())
    url = url_of(settings)
    before = migrations.current_revision(url)
    if downgrade and not yes:
        what = f"{mask_database_url(url)} goes back from {before or 'no schema'} to {revision}"
        typer.confirm(f"{what}: {_loss(settings, revision)} Go on?", abort=True, err=True)
    try:
        if downgrade:
            migrations.downgrade(url, revision)
            changed = True
        else:
            changed = migrations.upgrade(url, revision)
    except CommandError as error:
        raise typer.BadParameter(f"--revision: {error}") from None
    after = migrations.current_revision(url)
    if as_json:
        print_json({"before": before, "after": after, "newest": migrations.head_revision(), "changed": changed})
    elif changed:
        output().print(f"[green]migrated[/]  before: {before or 'no schema'}  after: {after or 'no schema'}")
    else:
        output().print(f"[green]up to date[/] at {after}")


def _loss(settings: Settings, revision: str) -> str:
    """What a downgrade costs. A database that cannot be counted is no reason not to ask."""
    if revision != "base":
        return "this deletes what the newer tables and columns hold."
    try:
        with database(settings) as opened:
            held = opened.query(Query("report_overview"))[0]
    except LedgerError:
        return "this deletes every table of the ledger with all its data, the journal, too."
    return (
        f"this deletes every table of the ledger with all its data, the journal, too: {held['accounts']:,} accounts, "
        f"{held['books']:,} books, {held['journal_entries']:,} journal entries, {held['trades']:,} trades."
    )


def _started(settings: Settings) -> Settings:
    """Settings with a database that answers. The embedded one is started as it is, without being migrated."""
    if settings.database_url is None:
        servers = embedded.start(settings.home)
        return load_settings(database_url=servers.database_url)
    require_answer(settings)
    return settings
