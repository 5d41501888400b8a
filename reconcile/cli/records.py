"""One row in full, for people."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.text import Text

from ledger.cli.output import moment, number, output


def show_record(title: str, row: Mapping[str, Any]) -> None:
    """Each field in a line of its own; no value is broken, whatever the terminal's width."""
    console = output()
    console.print(Text(title, style="italic"), soft_wrap=True)
    width = max(map(len, row))
    for name, value in row.items():
        line = Text(f"  {name:<{width}}  ", style="bold").append(_written(value), style="not bold")
        console.print(line, soft_wrap=True)


def listed(values: Mapping[str, Any]) -> list[str]:
    """Named values, what was before first."""
    names = sorted(values, key=lambda name: name != "before")
    return [f"{name} {_written(values[name])}" for name in names]


def _written(value: Any) -> str:
    if value is None or value == {}:
        return "–"
    if isinstance(value, datetime):
        return f"{moment(value)} UTC"
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
