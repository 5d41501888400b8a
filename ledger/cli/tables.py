"""Tables that fit the terminal. No value is ever broken or cut off: what has no room is left out, and named.

A file or another program gets every column, however wide that is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ledger.cli.output import Kind, cell, output
from ledger.session import DEFAULT_ACCOUNT

_NEVER = object()
_GAP = 2
_NARROWEST_TEXT = 16


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        field: what it shows.
        heading: what stands above it.
        kind: how values are written.
        usual: it is left out where every row has this value.
        rank: 0 is never left out for want of room; of the others lower ones get room first. Columns of one rank
            say something together alone, and are shown or left out together.
        shared: goes into the title, for want of room, where every row has the same value.
        folds: its text may go on in the next line.
        stacks: it has several texts, which stand side by side, or one below the other for want of room.
    """

    field: str
    heading: str
    kind: Kind = "text"
    usual: Any = _NEVER
    rank: int = 0
    shared: bool = False
    folds: bool = False
    stacks: bool = False


ACCOUNT = Column("account", "account", usual=DEFAULT_ACCOUNT, rank=1, shared=True)
BOT = Column("bot_id", "bot", shared=True)
CATEGORY = Column("category", "category", usual="linear", rank=1, shared=True)
SYMBOL = Column("symbol", "symbol", shared=True)
POSITION_IDX = Column("position_idx", "idx", usual=0)
COIN = Column("settle_coin", "coin", shared=True)


@dataclass(frozen=True)
class _Filled:
    """A column with its cells, and the widths that it needs."""

    column: Column
    heading: str
    cells: Sequence[Text]
    content: int

    @property
    def width(self) -> int:
        return max(self.content, *(len(line) for line in self.heading.split("\n")))


def show(title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], *, wide: bool = False) -> None:
    """Prints a table on stdout; `wide` stands for a terminal of any width."""
    console = output()
    limit = console.width if console.is_terminal and not wide else None
    console.print(table(title, columns, rows, limit), crop=False)


def table(title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], limit: int | None = None) -> Group:
    """The rows, at most `limit` characters wide, or as wide as they are."""
    rows = list(rows)
    filled = _fill(columns, rows, between=", ")
    if limit is None or _width(filled) <= limit:
        return Group(Text(title, style="italic"), _drawn(filled, None))
    filled = _fill(columns, rows, between="\n")
    common = [one for one in filled if one.column.shared and _is_common(one)]
    if common:
        title += " · " + ", ".join(f"{one.column.heading} {one.cells[0].plain}" for one in common)
    rest = [one for one in filled if one not in common]
    kept = [_folded(one) for one in rest]
    fitting = _fitting(kept, limit)
    if not fitting:
        return Group(Text(title, style="italic"), *_records(rest, limit))
    parts: list[RenderableType] = [Text(title, style="italic"), _drawn(fitting, limit)]
    if missing := [one.column.heading for one in kept if one not in fitting]:
        parts.append(Text(f"No room for: {', '.join(missing)}. --wide shows all.", style="dim"))
    return Group(*parts)


def _fill(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], *, between: str) -> list[_Filled]:
    """The columns that are shown; `between` are the texts of one that stacks."""
    shown = [column for column in columns if any(row[column.field] != column.usual for row in rows)]
    filled = []
    for column in shown:
        values = [row[column.field] for row in rows]
        if column.stacks:
            values = [between.join(texts) or None for texts in values]
        cells = [cell(value, column.kind) for value in values]
        filled.append(_Filled(column, column.heading, cells, max(map(_longest, cells))))
    return filled


def _longest(text: Text) -> int:
    return max(line.cell_len for line in text.split("\n", allow_blank=True))


def _is_common(one: _Filled) -> bool:
    return all(other.plain == one.cells[0].plain for other in one.cells)


def _folded(one: _Filled) -> _Filled:
    """With a heading of several lines, or a text of several, where that saves room."""
    content = min(one.content, _NARROWEST_TEXT) if one.column.folds else one.content
    heading = one.heading.replace(" ", "\n") if len(one.heading) > content else one.heading
    return replace(one, heading=heading, content=content)


def _width(filled: Sequence[_Filled]) -> int:
    return sum(one.width for one in filled) + _GAP * (len(filled) - 1)


def _fitting(filled: Sequence[_Filled], limit: int) -> list[_Filled]:
    """What there is room for, in the columns' order; nothing if not even what must be there has room."""
    chosen = {0}
    for rank in sorted({one.column.rank for one in filled}):
        if _width([one for one in filled if one.column.rank in chosen | {rank}]) <= limit:
            chosen.add(rank)
        elif rank == 0:
            return []
    return [one for one in filled if one.column.rank in chosen]


def _drawn(filled: Sequence[_Filled], limit: int | None) -> Table:
    natural = sum(max(one.width, *map(_longest, one.cells)) for one in filled) + _GAP * (len(filled) - 1)
    made = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, _GAP - 1, 0, 0),
        header_style="bold",
        width=natural if limit is None else min(natural, limit),
    )
    for one in filled:
        left = one.column.kind in {"text", "side", "time"}
        made.add_column(
            Text(one.heading),
            justify="left" if left else "right",
            overflow="fold",
            no_wrap=not one.column.folds,
            min_width=one.width,
        )
    for row in zip(*(one.cells for one in filled), strict=True):
        made.add_row(*row)
    return made


def _records(filled: Sequence[_Filled], limit: int) -> list[RenderableType]:
    """Each row as lines of heading and value, for terminals that are too narrow for any table."""
    indent = max(len(one.column.heading) for one in filled)
    lines: list[RenderableType] = []
    for row in zip(*(one.cells for one in filled), strict=True):
        lines.append(Text("─" * indent, style="dim"))
        for one, value in zip(filled, row, strict=True):
            heading = Text(f"{one.column.heading:<{indent}}  ", style="bold", no_wrap=True, overflow="ignore")
            if heading.cell_len + _longest(value) > limit:
                lines.append(heading)
                heading = Text(" " * _GAP)
                if one.column.folds:
                    lines.append(Padding(value, (0, 0, 0, _GAP), expand=False))
                    continue
            for text in value.split("\n", allow_blank=True):
                lines.append(Text(no_wrap=True, overflow="ignore").append_text(heading).append_text(text))
                heading = Text(" " * heading.cell_len)
    return lines
