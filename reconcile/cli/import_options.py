"""The options that the commands of `import` share, and what they make of a source."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.exits import ExitCode
from ledger.cli.group import say
from ledger.cli.options import Json, Wide
from ledger.errors import ConfigurationError
from ledger.money import read_category
from reconcile.history.extra import require_extra

if TYPE_CHECKING:
    from reconcile.history.run import ImportOptions
    from reconcile.history.sources.mapping import ColumnMapping

_ROWS, _HOW = "What the rows mean", "How it is done"

Account = Annotated[
    str | None,
    typer.Option(
        "--account",
        "-a",
        help="The account that the rows belong to; new ones are registered. Default: LEDGER_ACCOUNT.",
        metavar="NAME",
    ),
]
Bot = Annotated[
    str | None,
    typer.Option(
        "--bot",
        "-b",
        help="The bot of rows that name none, neither in a column nor in the client order id. Default: external.",
        metavar="BOT_ID",
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="Which column is which, as in symbol=pair; may be repeated.",
        metavar="OURS=THEIRS",
        rich_help_panel=_ROWS,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        help="A column that is not to be read although its name looks like it; may be repeated.",
        metavar="COLUMN",
        rich_help_panel=_ROWS,
    ),
]
Mapping = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        help="A TOML file with [columns], [values.side], [constants] and a list `ignore`.",
        metavar="FILE",
        dir_okay=False,
        rich_help_panel=_ROWS,
    ),
]
Category = Annotated[
    str,
    typer.Option(
        "--category",
        "-c",
        help="Of rows that name none: linear, inverse, spot or option.",
        metavar="CATEGORY",
        rich_help_panel=_ROWS,
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        help="Of times without an offset: UTC, Europe/Berlin … Without it such times are rejected.",
        metavar="ZONE",
        rich_help_panel=_ROWS,
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        "--label",
        help="Names the source in the identity of rows that have neither execution nor order id. Default: its name.",
        metavar="NAME",
        rich_help_panel=_ROWS,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Do all of it in transactions that are taken back; show what it came to.",
                 rich_help_panel=_HOW),
]  # fmt: skip
Strict = Annotated[
    bool, typer.Option("--strict", help="Write nothing if any row is rejected.", rich_help_panel=_HOW)
]  # fmt: skip
Rejects = Annotated[
    Path | None,
    typer.Option(
        "--rejects",
        help="Write every rejected row as CSV: where it stands and why.",
        metavar="FILE",
        dir_okay=False,
        rich_help_panel=_HOW,
    ),
]
NoVerify = Annotated[
    bool, typer.Option("--no-verify", help="Do not prove the books afterwards.", rich_help_panel=_HOW)
]  # fmt: skip
Jobs = Annotated[
    int,
    typer.Option("--jobs", "-j", min=1, max=32, help="Connections that write at once.", rich_help_panel=_HOW),
]

__all__ = ["Json", "Wide"]


def require_history() -> None:
    """Raises ConfigurationError where the extra is missing."""
    require_extra("the import of history", ("duckdb", "numpy", "pyarrow"))


@contextmanager
def readable() -> Iterator[None]:
    """A source that cannot be read is wrong usage: nothing was asked of the database."""
    from reconcile.history.sources.errors import UnreadableSourceError

    try:
        yield
    except UnreadableSourceError as error:
        say(error)
        raise typer.Exit(ExitCode.USAGE) from None


def mapping_of(file: Path | None, pairs: Iterable[str] | None, ignored: Iterable[str] | None) -> "ColumnMapping":
    """The mapping file with the command line's own on top."""
    from reconcile.history.sources.mapping import ColumnMapping, add_columns, read_mapping

    mapping = add_columns(read_mapping(file) if file is not None else ColumnMapping(), pairs or ())
    return replace(mapping, ignored=(*mapping.ignored, *(ignored or ())))


def options_of(
    *,
    account: str | None,
    bot: str | None,
    category: str,
    timezone: str | None,
    label: str | None,
    dry_run: bool,
    strict: bool,
    rejects: Path | None,
    no_verify: bool,
    jobs: int,
) -> "ImportOptions":
    """What the core is asked for. Raises InvalidInputError and ConfigurationError before anything is read."""
    from reconcile.history.checking import Reading
    from reconcile.history.run import ImportOptions
    from reconcile.history.times import require_zone

    if rejects is not None and not rejects.parent.is_dir():
        raise ConfigurationError(f"--rejects {rejects}: there is no folder {rejects.parent}")
    return ImportOptions(
        account=account,
        bot_id=bot,
        reading=Reading(
            category=read_category("category", category), timezone=None if timezone is None else require_zone(timezone)
        ),
        label=label,
        dry_run=dry_run,
        strict=strict,
        rejects=rejects,
        verify=not no_verify,
        jobs=jobs,
    )
