"""One JSON object on each line, its numbers exactly as they are written."""

import json
from typing import Any

import pyarrow as pa

from reconcile.history.rows import Reject
from reconcile.history.sources.chunk import TEXT, Chunk, shorten
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.text import decode


class _Refused(ValueError):
    def __init__(self, field: str | None, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = None if value is None else shorten(str(value))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(twice, None, f"the object has the key {twice} twice")
    return made


def _not_a_number(word: str) -> Any:
    raise _Refused(None, word, f"{word} is no number")


_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_not_a_number
).decode


def read_objects(origin: str, line: int, block: bytes) -> Chunk:
    """The objects of a block that begins at `line`; a line that is none is rejected.

    Raises UnreadableSourceError for bytes that are no UTF-8, and for a file that is one JSON array.
    """
    text = decode(origin, line, block)
    if line == 1 and text.lstrip().startswith("["):
        reason = "a JSON array; one object on each line is needed (jq -c '.[]' makes them)"
        raise UnreadableSourceError(origin, 1, reason)
    objects: list[dict[str, Any]] = []
    lines: list[int] = []
    rejected: list[Reject] = []
    for number, content in enumerate(text.split("\n"), line):
        if not content.strip():
            continue
        try:
            objects.append(_row(content))
        except _Refused as refused:
            rejected.append(Reject(origin, number, refused.field, refused.value, str(refused)))
        except (ValueError, RecursionError) as error:
            rejected.append(Reject(origin, number, None, shorten(content), f"not a JSON object: {error}"))
        else:
            lines.append(number)
    names = list(dict.fromkeys(name for one in objects for name in one))
    arrays = [pa.array([one.get(name) for one in objects], TEXT) for name in names]
    table = pa.Table.from_arrays(arrays, names=names) if names else pa.table({})
    return Chunk(origin, table, pa.array(lines, pa.int64()), rejected)


def _row(content: str) -> dict[str, Any]:
    found = _decode(content)
    if not isinstance(found, dict):
        raise _Refused(None, content, "an object is needed")
    for name, value in found.items():
        if isinstance(value, str):
            if "\0" in value:
                raise _Refused(name, value.replace("\0", "\\0"), "a NUL character")
            if not value.isascii():
                value.encode()  # half of a surrogate pair is no text
            found[name] = value or None
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif value is not None:
            found[name] = NESTED
    return found


# Stands for an object or a list: whether that matters depends on whether the layout reads the column.
NESTED = "\x00nested"
