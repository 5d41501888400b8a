"""Commands that are imported when they are named: most need a part of the program only, and start sooner without it."""

from collections import UserDict
from collections.abc import Iterable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

import typer

from ledger.cli.group import LedgerGroup


@dataclass(frozen=True)
class LazyCommand:
    """A command as the program knows it before it is imported.

    Args:
        name: what is typed.
        source: where it is, as `module:name`: a function, or a Typer with commands of its own.
        panel: the title under which the help lists it; none in a group that has no titles.
    """

    name: str
    source: str
    panel: str | None = None

    def load(self) -> Any:
        """The command, imported and put together."""
        found = resolve_name(self.source)
        alone = typer.Typer(cls=LedgerGroup)
        alone.callback()(_nothing)  # makes a group of the one command
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=self.name, rich_help_panel=self.panel)
        else:
            alone.command(self.name, rich_help_panel=self.panel)(found)
        return typer.main.get_group(alone).commands[self.name]


class LazyGroup(LedgerGroup):
    """A group whose commands are imported when they are named, and all of them for its help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Loading({command.name: command for command in self.sources()})

    def sources(self) -> Iterable[LazyCommand]:
        """The group's commands, in the order in which the help lists them."""
        raise NotImplementedError


class _Loading(UserDict[str, Any]):
    """Commands by their names, each loaded once, when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        if isinstance(self.data[name], LazyCommand):
            self.data[name] = self.data[name].load()
        return self.data[name]


def _nothing() -> None:
    pass
