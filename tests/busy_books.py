"""Books in which much happens: the same ones every time, in exchange order."""

import random
from datetime import timedelta
from fractions import Fraction

from tests import oracle
from tests.oracle import Fill
from tests.oracle_ledger import BookKey
from tests.strategies import START

# Products and quotients that do not end, and halves of the last digit.
_PRICES = (Fraction(3), Fraction(7), Fraction(11), Fraction("13.37"), Fraction("2999.5"))
_FEES = (Fraction(0), Fraction("0.1"), Fraction("-0.07"), Fraction(1), Fraction(1, 10**18), Fraction(-3, 10**18))
_QUANTITIES = (Fraction(1), Fraction(2), Fraction(3), Fraction("0.7"), Fraction("1.3"))
_CLOSING = ("a lot", "less than a lot", "two lots", "all", "more than all", "any")


def busy_book(key: BookKey, count: int, seed: int) -> list[Fill]:
    """So many fills of a book: closes that end at a lot, within one, behind several, flat and beyond."""
    chosen = random.Random(f"{key.instrument.symbol} {key.position_idx} {seed}")
    fills: list[Fill] = []
    while len(fills) < count:
        fills.append(_next(key, fills, chosen))
    return fills


def _next(key: BookKey, fills: list[Fill], chosen: random.Random) -> Fill:
    number = len(fills)
    book = oracle.derive(key.instrument, key.position_idx, fills)
    opening = {1: "Buy", 2: "Sell"}.get(key.position_idx, book.side if book.size else chosen.choice(("Buy", "Sell")))
    closes = book.size > 0 and chosen.random() < 0.5
    qty = _closed(key, book, chosen) if closes else chosen.choice(_QUANTITIES)
    commission, asset = _commission(key, qty, chosen)
    return Fill(
        exec_id=f"e{number:04}",
        side={"Buy": "Sell", "Sell": "Buy"}[opening] if closes else opening,
        price=chosen.choice((*_PRICES, Fraction(0)) if key.instrument.category == "option" else _PRICES),
        qty=qty,
        # Some share their moment, some of these their sequence too.
        time=START + timedelta(seconds=number // 4),
        commission=commission,
        commission_asset=asset,
        seq=number // 2,
        order_id=f"o{number // 3}" if chosen.random() < 0.5 else None,
    )


def _closed(key: BookKey, book: oracle.Book, chosen: random.Random) -> Fraction:
    lots = [lot.remaining for lot in book.open_lots]
    way = chosen.choice(_CLOSING)
    if way == "a lot":
        return lots[0]
    if way == "less than a lot":
        return lots[0] / 2
    if way == "two lots":
        return sum(lots[:2], Fraction(0))
    if way == "more than all" and key.position_idx == 0:
        return book.size + 1
    return book.size if way == "all" else min(chosen.choice(_QUANTITIES), book.size)


def _commission(key: BookKey, qty: Fraction, chosen: random.Random) -> tuple[Fraction, str]:
    asset = chosen.choice((key.instrument.settle, key.instrument.settle, key.instrument.base, "MNT"))
    if asset == key.instrument.base and key.instrument.category == "spot":
        return qty * chosen.choice((Fraction("0.001"), Fraction("-0.002"))), asset
    return chosen.choice(_FEES), asset
