"""The cache is told of an import as of any other write: before it commits, and what it left."""

import secrets
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from ledger.cache import Cache, Mark, Put, Together, position_key
from ledger.cache.entry import to_fields
from ledger.session import EXTERNAL
from ledger.values import Position
from reconcile.history.writing import Target


class Announcer:
    """Around one transaction: `announce` is its last step, the positions it left are stored behind it."""

    def __init__(self, cache: Cache | None, target: Target) -> None:
        self._cache, self._target = cache, target
        self._token = secrets.token_hex(8)
        self._keys: dict[int, str] = {}

    def announce(self, books: Iterable[Mapping[str, Any]]) -> None:
        """Says which positions may be others from now on. The bot `external` is not cached."""
        if self._cache is None:
            return
        keys = {
            book["book_id"]: position_key(book["bot_id"], book["category"], book["symbol"], book["position_idx"])
            for book in books
            if book["bot_id"] != EXTERNAL
        }
        self._keys |= keys
        self._cache.run(Together([Mark(key, self._token) for key in keys.values()]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        if self._cache is None or not self._keys or error is not None:
            return  # after an error the commit may have happened: the announcement stays until it runs out
        rows = self._target.ask("positions_of_books", book_ids=list(self._keys))
        left = [(self._keys[row["book_id"]], Position.from_row(row["position"])) for row in rows]
        self._cache.run(
            Together([Put(key, position.book_seq, to_fields(position), self._token) for key, position in left])
        )
