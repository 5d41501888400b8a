"""The recorded answers under tests/data/bybit, as objects."""

import copy
import json
from pathlib import Path
from typing import Any

from reconcile.bybit.payloads import read_execution
from reconcile.values import Execution

FOLDER = Path(__file__).parent / "data" / "bybit"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in {".json", ".txt"})

CCXT, GO, NET = "ccxt_bybit_response/", "hirokisan_bybit/", "jkorf_bybit_net/"


def content(name: str) -> Any:
    """What a file holds, without the lines about its request."""
    text = (FOLDER / name).read_text()
    return json.loads(text.split("\n", 3)[3] if name.endswith(".txt") else text)


def result(name: str) -> Any:
    """The `result` of an answer; files that hold only that, or a message, come as they are."""
    held = content(name)
    return held["result"] if isinstance(held, dict) and "retCode" in held else held


def rows(name: str) -> list[Any]:
    """The rows of an answer or message; the whole, where it has none."""
    held = result(name)
    if isinstance(held, list):
        return held
    for key in ("list", "data"):
        if isinstance(held.get(key), list):
            return list(held[key])
    return [held]


def trade(**changed: Any) -> dict[str, Any]:
    """A recorded trade with other fields; `...` leaves one out."""
    row = copy.deepcopy(rows(CCXT + "fetchMyTrades_linear_trade_empty_feeCurrency.json")[0])
    return {name: value for name, value in (row | changed).items() if value is not ...}


def executed(row: Any, category: str = "linear") -> Execution:
    value = read_execution(row, category, "/v5/execution/list")
    assert isinstance(value, Execution), value
    return value
