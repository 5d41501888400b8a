"""Pages and their cursors: opaque, already percent-encoded text."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from reconcile.paper.params import Params
from reconcile.paper.records import Row
from reconcile.paper.refusal import parameter_error

T = TypeVar("T")
Key = tuple[int, int]

_PREFIX, _SUFFIX = "page_token=", "&"


def newest_first(row: Row) -> Key:
    """Sorts rows by time, newest first; among equal times the order is random, as Bybit leaves it undefined."""
    return -row.time, row.stamp.tie


def page(
    rows: Sequence[T], key: Callable[[T], Key], params: Params, size: int, *, dangling: bool = False
) -> tuple[list[T], str]:
    """One page and the cursor of the next, "" if there is none; refuses (10001) a cursor that was not given out.

    A cursor points behind a row, so that new rows do not shift the pages that follow. It belongs to the filters
    and times that it was given out for. dangling: even the last page has a cursor, behind which there is nothing.
    """
    ordered = sorted(rows, key=key)
    first = 0
    if params.has("cursor"):
        behind = _read(params)
        first = next((at for at, row in enumerate(ordered) if key(row) > behind), len(ordered))
        first = max(0, first - params.overlap)
    chosen = ordered[first : first + size + (params.overlap if params.has("cursor") else 0)]
    more = len(ordered) > first + len(chosen) or dangling
    return chosen, _write(params, key(chosen[-1])) if chosen and more else ""


def _write(params: Params, key: Key) -> str:
    return quote(f"{_PREFIX}{key[0]}:{key[1]}:{_digest(params)}{_SUFFIX}", safe="")


def _read(params: Params) -> Key:
    given = params.text("cursor")
    parts = given.removeprefix(_PREFIX).removesuffix(_SUFFIX).split(":")
    whole = given.startswith(_PREFIX) and given.endswith(_SUFFIX)
    if not whole or len(parts) != 3 or parts[-1] != _digest(params):
        raise parameter_error("cursor invalid")
    return int(parts[0]), int(parts[1])


def _digest(params: Params) -> str:
    asked = repr(sorted(params.without("cursor", "limit").items()))
    return hashlib.sha256(asked.encode()).hexdigest()[:8]
