"""Wallets and closed P&L of the exchange against the ledger's books, to the last digit where nothing is divided."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from reconcile.paper.accounts import Account
from tests.simulation.floor import initial_balance

_ZERO = Decimal(0)
_ROUNDED = Decimal("1e-8")  # the exchange rounds what it divides, for inverse contracts every value
Book = dict[str, Any]


def wallet_problems(account: Account, books: Sequence[Book]) -> Iterator[str]:
    """The change of each balance = Σ net P&L − Σ funding, and what is still open makes the rest."""
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    divided: set[str] = set()
    for book in books:
        coin = book["settle_coin"]
        wanted[coin] += book["realized_net"] - book["open_commission"] - book["funding"]
        sign = -1 if book["side"] == "Sell" else 1
        if book["category"] == "inverse":
            divided.add(coin)
            wanted[coin] += sign * book["open_cost"]
        else:
            wanted[coin] -= sign * book["open_cost"]
        if book["category"] == "spot":
            base = book["symbol"].removesuffix(coin)
            wanted[base] += sign * book["size"] + book["dust_qty"]
    for leg in account.positions.values():
        coin = _settle_coin(leg.symbol)
        # Wallets move with the exchange's average, the ledger with FIFO: what is open carries the difference.
        sign = (-1 if leg.side == "Sell" else 1) * (-1 if leg.inverse else 1)
        wanted[coin] += sign * leg.entry_value
    for coin in sorted(wanted.keys() | account.balances.keys()):
        change = account.balances.get(coin, _ZERO) - initial_balance(coin)
        tolerance = _ROUNDED * len(account.executions) if coin in divided else _ZERO
        if abs(change - wanted[coin]) > tolerance:
            yield f"the wallet has {change} {coin} more than at first, and the books say {wanted[coin]}"


def _settle_coin(symbol: str) -> str:
    if symbol.endswith("USDT"):
        return "USDT"
    return "USDC" if symbol.endswith("PERP") else symbol.removesuffix("USD")


def closed_pnl_problems(account: Account, books: Sequence[Book], *, with_funding: bool) -> Iterator[str]:
    """Of each line that is flat: Σ net P&L of its books = Σ closed P&L of the exchange."""
    earned: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    still_open = {(book["category"], book["symbol"]) for book in books if book["size"]}
    for book in books:
        if book["category"] != "spot":
            earned[book["category"], book["symbol"]] += book["realized_net"] - with_funding * book["funding"]
    for line, net in earned.items():
        if line in still_open:
            continue
        rows = [row for row in account.closed.values() if (row.category, row.symbol) == line]
        closed = sum((row.pnl for row in rows), _ZERO)
        fills = sum(1 for one in account.executions if (one.category, one.symbol) == line)
        tolerance = _ROUNDED * (fills + len(rows)) if line[0] == "inverse" else _ZERO
        if abs(net - closed) > tolerance:
            yield f"{line} earned {net} by the ledger and {closed} by the exchange"
