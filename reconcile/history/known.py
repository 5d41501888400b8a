"""What of the rows the ledger has already: the same execution again, or one that says something else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from reconcile.history.rows import Reject
from reconcile.history.writing import Target

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALWAYS = ("symbol", "position_idx", "exec_type", "exec_price", "exec_qty", "commission")
_COARSE = (1_000_000, 60_000_000)
_IF_BOTH_SAY = ("side", "order_id", "client_order_id", "is_maker", "commission_asset")
_COMPARED = (*_ALWAYS, "exec_time", *_IF_BOTH_SAY, "seq")


@dataclass(frozen=True, slots=True)
class Sifted:
    """The rows that are new, how many source rows were not, and those that contradict the ledger."""

    rows: pa.Table
    duplicates: int
    rejects: list[Reject]


def sift(target: Target, rows: pa.Table) -> Sifted:
    """Takes out the executions that the ledger has."""
    found = target.ask("import_known", categories=rows["category"].to_pylist(), exec_ids=rows["exec_id"].to_pylist())
    if not found:
        return Sifted(rows, 0, [])
    stored = {(row["category"], row["exec_id"]): row for row in found}
    fresh = np.ones(len(rows), dtype=bool)
    duplicates, rejects = 0, []
    compared = rows.select(["category", "exec_id", "origin", "line", "parts", *_COMPARED])
    times = rows["exec_time"].cast(pa.int64()).to_pylist()
    for number, (row, time) in enumerate(zip(compared.to_pylist(), times, strict=True)):
        known = stored.get((row["category"], row["exec_id"]))
        if known is None:
            continue
        fresh[number] = False
        differs = _differences(known, {**row, "exec_time": time})
        if differs:
            rejects += _conflict(row, known, differs)
        else:
            duplicates += row["parts"]
    return Sifted(rows.filter(pa.array(fresh)), duplicates, rejects)


def _differences(known: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """As `trading.known_fill` compares: what either side leaves out is no difference."""
    differs = [name for name in _ALWAYS if known[name] != row[name]]
    if not _is_moment(known["exec_time"], row["exec_time"]):
        differs.append("exec_time")
    differs += [name for name in _IF_BOTH_SAY if None not in (known[name], row[name]) and known[name] != row[name]]
    return differs + (["seq"] if known["seq"] and row["seq"] and known["seq"] != row["seq"] else [])


def _is_moment(stored: int, given: int) -> bool:
    """Whether a time, in microseconds, is the ledger's. Venues' exports are exact to the second or minute only."""
    return stored == given or any(given % unit == 0 and 0 <= stored - given < unit for unit in _COARSE)


def _conflict(row: Mapping[str, Any], known: Mapping[str, Any], differs: Sequence[str]) -> list[Reject]:
    said = ", ".join(f"{name} {_written(name, known[name])}" for name in differs)
    reason = f"execution {row['exec_id']} is in the ledger with another payload: {said}"
    reject = Reject(row["origin"], row["line"], differs[0], _written(differs[0], row[differs[0]]), reason)
    return [reject] * int(row["parts"])


def _written(name: str, value: Any) -> str:
    """A time, which is in microseconds in the ledger's answer, as people read it."""
    if name != "exec_time":
        return str(value)
    return (value if isinstance(value, datetime) else _EPOCH + timedelta(microseconds=value)).isoformat()
