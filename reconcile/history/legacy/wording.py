"""Differences in words, with the arithmetic of both sides."""

from collections.abc import Iterator
from decimal import Decimal

from ledger.display import number
from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.explaining import Explanation
from reconcile.history.legacy.finding import Finding
from reconcile.history.legacy.report import Difference
from reconcile.history.legacy.values import ZERO, Book, Exit, LegacyTrade

_SHOWN_ROWS = 5
_PLACES = Decimal("1e-18")


def described(finding: Finding) -> Difference:
    """The finding, ready to be shown. In `exactly()`."""
    one, first = finding.exit, (*finding.trades, *finding.repeats)[:1]
    book = finding.book
    return Difference(
        account=book.account,
        bot_id=book.bot_id,
        category=book.category,
        symbol=book.symbol,
        position_idx=book.position_idx,
        settle_coin=book.settle_coin,
        time=finding.time,
        side=one.side if one is not None else first[0].side,
        quantity=one.quantity if one is not None else first[0].quantity,
        order_id=one.order_id if one is not None else first[0].exit_order_id,
        legacy_ids=tuple(trade.legacy_id for trade in (*finding.trades, *finding.repeats)),
        old=finding.old,
        ours=finding.ours,
        amount=finding.amount,
        parts=finding.parts,
        words=" ".join(_words(finding)),
        sums=tuple(_sums(finding)),
    )


def _words(finding: Finding) -> Iterator[str]:
    causes = {part.cause for part in finding.parts}
    one, found = finding.exit, finding.explanation
    if one is None:
        yield from _of_unknown(finding)
        return
    if found is not None:
        yield from _of_explanation(finding.book, one, found, causes)
    elif Cause.CARRIED in causes:
        booked = sum((trade.quantity for trade in finding.trades), ZERO)
        yield f"After an exit that it had missed or booked twice it held another position, and closed {number(booked)}"
        yield f"of that; the fills closed {number(one.quantity)}."
    if Cause.MISSING in causes:
        yield f"{_closed(finding.book, one)} The earlier system has no row of it."
    if Cause.UNPRICED in causes:
        yield "The price at which the position was entered is not known, so the ledger claims no P&L."
    if Cause.QUANTITY in causes:
        booked = sum((trade.quantity for trade in finding.trades), ZERO)
        yield f"It closed {number(booked)}; the fills closed {number(one.quantity)}."
    if Cause.UNEXPLAINED in causes:
        yield (
            f"No computation that was tried gives {number(_said(finding))}: neither FIFO nor the average, at the price "
            f"of the fills or its own, with the commissions or without. See {_rows(finding.trades)}."
        )
    if finding.repeats:
        again = sum((trade.pnl for trade in finding.repeats), ZERO)
        verb = "books" if len(finding.repeats) == 1 else "book"
        yield f"{_rows(finding.repeats, capital=True)} {verb} the same exit again, with another {number(again)}."


def _of_unknown(finding: Finding) -> Iterator[str]:
    trade = finding.trades[0]
    at = "" if trade.exit_price is None else f" at {number(trade.exit_price)}"
    yield f"{_rows(finding.trades, capital=True)} closes {number(trade.quantity)}{at}."
    if finding.parts[0].cause is Cause.CARRIED:
        yield "It took a fill that opened a position for the exit of one that it still held, after an exit that it had"
        yield "missed or booked twice."
    elif finding.book.book_id is None:
        yield "The ledger has no fills of this line at all."
    else:
        yield "No fills of the ledger closed that then."


def _of_explanation(book: Book, one: Exit, found: Explanation, causes: set[Cause]) -> Iterator[str]:
    if causes == {Cause.ROUNDING}:
        yield "The same computation, but for the last digits."
    if Cause.CARRIED in causes:
        how = "the average of a position" if found.basis.averaged else "the oldest lots"
        price = number(_entry_price(book, one, found.basis.gross))
        yield f"After an exit that it had missed or booked twice, it took {how} of its own, at {price}, as the cost."
    elif Cause.AVERAGE in causes:
        price = number(_entry_price(book, one, found.basis.gross))
        yield f"It took the average of the whole position, {price}, as the cost."
    if causes & {Cause.CARRIED, Cause.AVERAGE}:
        yield f"The oldest lots were entered at {number(_entry_price(book, one, one.gross or ZERO))}."
    if found.exit_price is not None:
        prices = " and ".join(number(price) for price in one.prices[:3]) + (" and more" if len(one.prices) > 3 else "")
        yield f"It left at a price of {number(found.exit_price)}; the order was executed at {prices}."
    if Cause.COMMISSION in causes:
        left_out = [f"the entry's ({number(one.entry_fee)})"] if not found.fees.entry and one.entry_fee else []
        left_out += [f"the exit's ({number(one.exit_fee)})"] if not found.fees.exit and one.exit_fee else []
        yield f"It did not take off the commission: {' and '.join(left_out)}."
    if Cause.OTHER_COMMISSION in causes and found.fees.stated is not None:
        charged = number(one.entry_fee + one.exit_fee)
        yield f"It took off a commission of {number(found.fees.stated)}; the exchange charged {charged}."
    if Cause.SIDE in causes:
        yield f"It counted a {_word(one.side)} as the opposite."


def _sums(finding: Finding) -> Iterator[str]:
    book, one, found = finding.book, finding.exit, finding.explanation
    coin = book.settle_coin
    if one is not None and one.gross is not None:
        price = _exit_price(book, one)
        fees = _less(one.entry_fee, one.exit_fee)
        formula = _formula(book, one.side, one.quantity, _entry_price(book, one, one.gross), price)
        yield f"ledger: {formula} = {number(one.gross)}{fees} → {number(one.net or ZERO)} {coin}"
    if found is not None and one is not None:
        yield f"earlier: {_earlier(book, one, found)} → {number(_said(finding))} {coin}"
    for trade in finding.repeats:
        yield f"again: {number(trade.pnl)} {coin} in {_rows((trade,))}"
    old, ours = number(finding.old or ZERO), number(finding.ours or ZERO)
    yield f"difference: {old} − {_signed(ours)} = {number(finding.amount)} {coin}"


def _earlier(book: Book, one: Exit, found: Explanation) -> str:
    entry = _entry_price(book, one, found.basis.gross)
    price = found.exit_price or _exit_price(book, one)
    formula = _formula(book, one.side, one.quantity, entry, price)
    if found.fees.stated is not None:
        fees = _less(found.fees.stated)
    else:
        fees = _less(*[found.basis.entry_fee] * found.fees.entry, *[one.exit_fee] * found.fees.exit)
    return f"{'−' if found.flipped else ''}{formula}{fees}"


def _formula(book: Book, side: str, quantity: Decimal, entry: Decimal, exit_: Decimal) -> str:
    first, second = (exit_, entry) if (side == "Buy") is (book.category != "inverse") else (entry, exit_)
    times = "" if book.multiplier == 1 else f" × {number(book.multiplier)}"
    if book.category == "inverse":
        return f"(1 / {number(first)} − 1 / {number(second)}) × {number(quantity)}{times}"
    return f"({number(first)} − {number(second)}) × {number(quantity)}{times}"


def _less(*fees: Decimal) -> str:
    return "".join(f" − {_signed(number(fee))}" for fee in fees if fee) or ", no commission"


def _signed(text: str) -> str:
    return f"({text})" if text.removeprefix("≈").startswith("-") else text


def _entry_price(book: Book, one: Exit, gross: Decimal) -> Decimal:
    """The price that a gross P&L means."""
    earned = gross if one.side == "Buy" else -gross
    cost = one.proceeds + earned if book.category == "inverse" else one.proceeds - earned
    return _price(book, one.quantity, cost)


def _exit_price(book: Book, one: Exit) -> Decimal:
    return _price(book, one.quantity, one.proceeds)


def _price(book: Book, quantity: Decimal, value: Decimal) -> Decimal:
    """What a unit is worth, without what a division left behind the eighteenth decimal."""
    whole = quantity * book.multiplier
    if book.category == "inverse":
        return (whole / value).quantize(_PLACES) if value else ZERO
    return (value / whole).quantize(_PLACES)


def _said(finding: Finding) -> Decimal:
    return sum((trade.pnl for trade in finding.trades), ZERO)


def _closed(book: Book, one: Exit) -> str:
    result = "nothing that is known" if one.net is None else f"{number(one.net)} {book.settle_coin}"
    return f"A {_word(one.side)} of {number(one.quantity)} was closed at {number(_exit_price(book, one))} for {result}."


def _word(side: str) -> str:
    return "long" if side == "Buy" else "short"


def _rows(trades: tuple[LegacyTrade, ...], *, capital: bool = False) -> str:
    names = [trade.legacy_id for trade in trades[:_SHOWN_ROWS]] + ["…"] * (len(trades) > _SHOWN_ROWS)
    return f"{'Row' if capital else 'row'}{'s' * (len(trades) > 1)} {', '.join(names)}"
