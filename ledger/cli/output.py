"""What is printed: values for people on stdout, JSON for machines, remarks on stderr.

People see numbers rounded to eight decimals, marked ≈ where that changed them, and times to the second; JSON has every
digit, as text.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ledger.display import moment, number
from ledger.money import plain

__all__ = [
    "Kind",
    "amounts",
    "cell",
    "duration",
    "errors",
    "moment",
    "number",
    "output",
    "print_json",
    "print_json_rows",
    "remark",
]

Kind = Literal["text", "number", "money", "count", "time", "duration", "side", "percent"]
# Output that goes to a file or another program is not to be broken where a terminal would end.
_FILE_WIDTH = 250


def output() -> Console:
    """The console on stdout; made anew each time, as tests and shells redirect it."""
    console = _console()
    return console if console.is_terminal else _console(width=max(console.width, _FILE_WIDTH))


def errors() -> Console:
    """The console on stderr."""
    return _console(stderr=True)


def _console(**options: Any) -> Console:
    """One that prints what it is given: an account bybit:moon:paper is no picture of the moon."""
    return _TameConsole(highlight=False, emoji=False, **options)


class _TameConsole(Console):
    """Shows what steers a terminal as the escapes that Python has for it: texts of the database are not all ours."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is printed, piece by piece."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(_tamed(piece.text), piece.style)

    def on_broken_pipe(self) -> None:
        """Leaves it to the command line, instead of ending the program as if `verify` had found something."""
        raise BrokenPipeError


def _tamed(text: str, escape: Callable[[str], str] = repr) -> str:
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else escape(c)[1:-1] for c in text)


def _dumped(value: Any, indent: int | None) -> str:
    """JSON in which nothing steers a terminal, and that can be written in UTF-8 whatever is in it."""
    return _tamed(json.dumps(value, default=_as_json, indent=indent, ensure_ascii=False), json.dumps)


def remark(text: str) -> None:
    """A line on stderr that is not part of the answer."""
    errors().print(text, markup=False, style="yellow", soft_wrap=True)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """A JSON document on stdout: decimals as text, times in ISO format and UTC."""
    sys.stdout.write(_dumped(value, indent) + "\n")
    sys.stdout.flush()


def print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """A JSON list on stdout, written row by row."""
    between = "[\n"
    for row in rows:
        sys.stdout.write(between + _dumped(row, None))
        between = ",\n"
    sys.stdout.write("[]\n" if between == "[\n" else "\n]\n")
    sys.stdout.flush()


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no JSON for {type(value).__name__}")


def cell(value: Any, kind: Kind = "text") -> Text:
    """A value as people read it."""
    if value is None:
        return Text("–", style="dim")
    style = ""
    if kind == "side":
        style = {"Buy": "green", "Sell": "red"}.get(value, "dim")
    if kind == "money":
        style = "green" if value > 0 else "red" if value < 0 else ""
    return Text(_tamed(_WRITERS.get(kind, str)(value)), style=style)


def duration(seconds: Decimal) -> str:
    """The two largest units of a length of time: 2d 3h, 5m 10s, 0.25s."""
    if seconds < 60:
        return f"{number(seconds.quantize(Decimal('0.01')))}s"
    rest = int(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])


def amounts(by_asset: Mapping[str, Any]) -> str | None:
    """Amounts in several currencies, side by side and never added."""
    return ", ".join(f"{number(Decimal(amount))} {asset}" for asset, amount in sorted(by_asset.items())) or None


_WRITERS: Mapping[Kind, Callable[[Any], str]] = {
    "number": number,
    "money": number,
    "percent": "{:.2f} %".format,
    "count": "{:,}".format,
    "time": moment,
    "duration": duration,
}
