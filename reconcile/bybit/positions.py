"""The positions of an account: every line of every settle coin, or none of them.

Source: Bybit's V5 reference, "Get Position Info": asked by settle coin it gives open lines only, asked by symbol it
gives the symbol's lines even when flat; in hedge mode two, in any order. Only a complete answer proves a line flat.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from reconcile.bybit.calls import Caller
from reconcile.bybit.endpoints import POSITIONS
from reconcile.bybit.instruments import NO_SUCH_SYMBOL, Instruments
from reconcile.bybit.pages import all_rows
from reconcile.bybit.payloads import read_position
from reconcile.errors import ExchangeRefusedError, ExchangeUnavailableError
from reconcile.together import together
from reconcile.values import Unreadable, VenuePosition


async def read_positions(
    caller: Caller, instruments: Instruments, category: str, symbols: Sequence[str]
) -> Sequence[VenuePosition]:
    """All open lines, and the lines of `symbols` even when flat, by symbol and position_idx.

    A symbol that the venue does not list any more has no line in the answer.

    Raises ExchangeError when any settle coin, page or symbol fails, or a line cannot be read.
    """
    lines: dict[tuple[str, int], VenuePosition] = {}
    filters = await instruments.filters(category)
    answers = await together(*(all_rows(caller, POSITIONS, {"category": category, **chosen}) for chosen in filters))
    for rows, _ in answers:
        lines |= {(line.symbol, line.position_idx): line for line in _read(rows, category) if line.size}
    for symbol in dict.fromkeys(symbols):
        rows_of_symbol = await _of_symbol(caller, instruments, category, symbol)
        # Later than the answer by settle coin, and whole: it says all about the symbol.
        lines = {key: line for key, line in lines.items() if key[0] != symbol}
        lines |= {(line.symbol, line.position_idx): line for line in _read(rows_of_symbol, category)}
    return tuple(lines[key] for key in sorted(lines))


async def _of_symbol(caller: Caller, instruments: Instruments, category: str, symbol: str) -> list[Any]:
    try:
        rows, _ = await all_rows(caller, POSITIONS, {"category": category, "symbol": symbol})
    except ExchangeRefusedError as refusal:
        if refusal.venue_code != NO_SUCH_SYMBOL or await instruments.of(category, [symbol]):
            raise
        return []
    return rows


def _read(rows: Iterable[Any], category: str) -> list[VenuePosition]:
    lines = []
    for row in rows:
        line = read_position(row, category, POSITIONS.path)
        if isinstance(line, Unreadable):
            raise ExchangeUnavailableError(POSITIONS.path, f"unreadable line of {line.symbol}: {line.reason}")
        lines.append(line)
    return lines
