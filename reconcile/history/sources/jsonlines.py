"""One JSON object on each line, its numbers exactly as they are written."""

import json
import re
from collections import Counter
from typing import Any, cast

import pyarrow as pa

from reconcile.history.rows import Reject
from reconcile.history.sources.chunk import MOST_COLUMNS, TEXT, Chunk, shorten, too_many_columns
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.text import decode

# Stands for an object or a list: whether that matters depends on whether the layout reads the column.
NESTED = "\x00nested"
# What the quick way does not look for: NUL characters, and surrogates, which may lack their other half.
_SPECIAL = re.compile(r"\\u0000|\\u[dD][89a-fA-F]|\x00")

Line = tuple[int, str]


class _Refused(ValueError):
    def __init__(self, field: str | None, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = None if value is None else shorten(str(value))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise _Refused(twice, None, f"the object has the key {twice} twice")
    return made


def _not_a_number(word: str) -> Any:
    raise _Refused(None, word, f"{word} is no number")


_decode_one = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_not_a_number
).decode
_decode_many = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_not_a_number).decode


def read_objects(origin: str, line: int, block: bytes) -> Chunk:
    """The objects of a block that begins at `line`; a line that is none is rejected.

    Raises UnreadableSourceError for bytes that are no UTF-8, for a file that is one JSON array, and for too many
    different keys.
    """
    text = decode(origin, line, block)
    if line == 1 and text.lstrip().startswith("["):
        reason = "a JSON array; one object on each line is needed (jq -c '.[]' makes them)"
        raise UnreadableSourceError(origin, 1, reason)
    lines = [(number, content) for number, content in enumerate(text.split("\n"), line) if content.strip()]
    objects = _all_at_once([content for _, content in lines])
    rejected: list[Reject] = []
    if objects is None:
        objects, lines, rejected = _one_by_one(origin, lines)
    names = list(dict.fromkeys(name for one in objects for name in one))
    if len(names) > MOST_COLUMNS:
        raise too_many_columns(origin, line, len(names))
    if not names:
        rejected += [Reject(origin, number, None, None, "an object without keys") for number, _ in lines]
        return Chunk(origin, pa.table({}), pa.array([], pa.int64()), rejected)
    arrays = [_column([one.get(name) for one in objects]) for name in names]
    table = pa.Table.from_arrays(arrays, names=names)
    return Chunk(origin, table, pa.array([number for number, _ in lines], pa.int64()), rejected)


def _all_at_once(lines: list[str]) -> list[dict[str, Any]] | None:
    """The objects, if each line is one, with no object inside, no key twice and nothing special."""
    joined = ",\n".join(lines)  # no text in JSON goes over a line end
    if _SPECIAL.search(joined) or joined.count("{") != len(lines) or not all(one[0] == "{" for one in lines):
        return None
    try:
        found = _decode_many(f"[{joined}]")
    except (ValueError, RecursionError):
        return None
    if len(found) != len(lines) or not all(isinstance(one, dict) for one in found):
        return None
    return None if joined.count('":') != sum(map(len, found)) else cast("list[dict[str, Any]]", found)


def _one_by_one(origin: str, lines: list[Line]) -> tuple[list[dict[str, Any]], list[Line], list[Reject]]:
    objects: list[dict[str, Any]] = []
    good: list[Line] = []
    rejected: list[Reject] = []
    for number, content in lines:
        try:
            objects.append(_row(content))
        except _Refused as refused:
            rejected.append(Reject(origin, number, refused.field, refused.value, str(refused)))
        except (ValueError, RecursionError) as error:
            rejected.append(Reject(origin, number, None, shorten(content), f"not a JSON object: {error}"))
        else:
            good.append((number, content))
    return objects, good, rejected


def _row(content: str) -> dict[str, Any]:
    found = _decode_one(content)
    if not isinstance(found, dict):
        raise _Refused(None, content, "an object is needed")
    for name, value in found.items():
        if isinstance(value, str):
            if "\0" in value:
                raise _Refused(name, value.replace("\0", "\\0"), "a NUL character")
            value.encode()  # half of a surrogate pair is no text
    return found


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, TEXT)
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([_text(value) for value in values], TEXT)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else NESTED
