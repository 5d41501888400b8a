"""The columns of an earlier system's trades: our names for them, and how a source's own are found."""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import pyarrow as pa

from ledger.errors import ConfigurationError
from reconcile.history.sources.chunk import TEXT, Chunk, tidy
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.naming import plain

REQUIRED = ("symbol", "side", "quantity", "exit_time")
PNL = ("net_pnl", "gross_pnl")  # one of them at least
COLUMNS = (
    *REQUIRED,
    *PNL,
    "legacy_id",  # the earlier system's own key of the row; else the row's content is its key
    "bot_id",
    "category",
    "position_idx",
    "entry_price",
    "exit_price",
    "entry_time",
    "commission",  # of both legs; or by leg:
    "entry_commission",
    "exit_commission",
    "exit_reason",
    "entry_order_id",
    "exit_order_id",
    "entry_client_order_id",
    "exit_client_order_id",
)
RAW = "raw"
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "legacy_id": ("id", "trade_id"),
    "net_pnl": ("pnl", "realized_pnl", "realised_pnl"),
    "exit_reason": ("close_reason",),
}
_HINTS: Mapping[str, tuple[str, ...]] = {
    "symbol": ("pair", "market", "instrument", "ticker"),
    "side": ("direction", "type", "positionside"),
    "quantity": ("qty", "size", "amount", "volume", "closedsize"),
    "exit_time": ("closetime", "closedat", "exitat", "time", "timestamp", "createdat"),
    "net_pnl": ("profit", "profitloss", "realized", "result", "closedpnl", "pl"),
}


class TradeColumns:
    """A layout: our own names, or those that the user gives. Every column is kept in `raw`."""

    name = "trades of an earlier system"

    def __init__(self, mapping: Mapping[str, str], names: Sequence[str]) -> None:
        self._pairs = _pairs(mapping, names)

    def used(self, names: Sequence[str]) -> list[str]:
        """All of them."""
        return list(names)

    def read(self, chunk: Chunk) -> Chunk:
        """Under our names, and `raw`: the row as JSON, without its empty cells."""
        columns = {ours: tidy(chunk.column(theirs)) for ours, theirs in self._pairs.items()}
        rows = [
            json.dumps({name: cell for name, cell in row.items() if cell is not None}, ensure_ascii=False)
            for row in chunk.rows.to_pylist()
        ]
        columns[RAW] = pa.chunked_array([pa.array(rows, TEXT)])
        return Chunk(chunk.origin, pa.table(columns), chunk.lines, chunk.rejected)

    def rest(self) -> None:
        """Nothing is held back."""


def read_pairs(pairs: Sequence[str]) -> dict[str, str]:
    """`ours=theirs` pairs of the command line. Raises ConfigurationError for one that is none."""
    found = {}
    for pair in pairs:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not equals or not theirs:
            raise ConfigurationError(f"{pair}: must be name=column, as in net_pnl=profit")
        if ours not in COLUMNS:
            raise ConfigurationError(f"{pair}: {ours} is none of {', '.join(COLUMNS)}")
        found[ours] = theirs
    return found


def choose_columns(mapping: Mapping[str, str], origin: str, names: Sequence[str]) -> TradeColumns:
    """The layout of a source with these columns. Raises UnreadableSourceError where one is missing."""
    there = f"there are {', '.join(names)}"
    folded = {name.casefold() for name in names}
    if absent := [theirs for theirs in mapping.values() if theirs.casefold() not in folded]:
        raise UnreadableSourceError(origin, None, f"no column {', '.join(absent)}; {there}")
    pairs = _pairs(mapping, names)
    missing = [name for name in REQUIRED if name not in pairs]
    if not pairs.keys() & set(PNL):
        missing.append("net_pnl")
    if missing:
        found = {ours: _likely(ours, names) for ours in missing}
        hints = " ".join(f"--map {ours}={theirs}" for ours, theirs in found.items() if theirs)
        reason = f"no column {', '.join(missing)}{f' (perhaps {hints})' if hints else ''}; {there}"
        raise UnreadableSourceError(origin, None, reason)
    return TradeColumns(mapping, names)


def _pairs(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    folded = {name.casefold(): name for name in names}
    found = {}
    for ours in COLUMNS:
        spellings = (mapping[ours],) if ours in mapping else (ours, *_SPELLINGS.get(ours, ()))
        theirs = next((folded[one.casefold()] for one in spellings if one.casefold() in folded), None)
        if theirs is not None and (ours in mapping or theirs not in mapping.values()):
            found[ours] = theirs
    return found


def _likely(ours: str, names: Sequence[str]) -> str | None:
    for name in names:
        if plain(name) in _HINTS.get(ours, ()) or get_close_matches(plain(name), [plain(ours)], cutoff=0.85):
            return name
    return None
