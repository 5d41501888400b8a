"""The comparison in the words and numbers of people, for terminal and page alike."""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.report import Comparison, Difference, Totals

# Coins that are worth about a unit of money: nobody reads more than cents.
_MONEY = frozenset({"USDT", "USDC", "USDE", "USD1", "USD", "DAI", "EUR", "BRL", "TRY", "PLN", "AED"})


def rounded(amount: Decimal, coin: str) -> Decimal:
    """Half-even at two decimals for money, eight for other coins."""
    with localcontext(prec=100):
        return amount.quantize(Decimal("0.01" if coin in _MONEY else "1e-8"), ROUND_HALF_EVEN)


def money(amount: Decimal, coin: str, *, signed: bool = False) -> str:
    """1,234.50, with a true minus."""
    value = rounded(amount, coin)
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{abs(value):,f}"


def old_name(made: Comparison) -> str:
    """What to call the earlier system."""
    return " and ".join(made.sources) if made.sources else "the earlier system"


def headline(totals: Totals) -> str:
    """The answer in a line."""
    coin = totals.settle_coin
    said = f"It said {money(totals.old, coin)} {coin}; the truth is {money(totals.ours, coin)}"
    if not totals.difference:
        return f"{said}."
    return f"{said}: off by {money(totals.difference, coin, signed=True)}."


def remarks(totals: Totals) -> Iterator[str]:
    """What the headline does not say."""
    coin, differing = totals.settle_coin, totals.exits - totals.agreeing
    yield f"{differing:,} of {totals.exits:,} exits differ{_unknown(totals)}."
    if totals.off != abs(totals.difference):
        yield f"The errors come to {money(totals.off, coin)} {coin}; some of them cancel each other."
    if totals.turned == 1:
        yield "1 exit was booked with the wrong sign: a loss as a profit, or a profit as a loss."
    elif totals.turned:
        yield f"{totals.turned:,} exits were booked with the wrong sign: losses as profits, or profits as losses."
    if unexplained := totals.causes.get(Cause.UNEXPLAINED):
        verb = "is" if unexplained.count == 1 else "are"
        amount = money(unexplained.amount, coin, signed=True)
        yield f"{unexplained.count:,} of the differences {verb} unexplained: {amount}."


def _unknown(totals: Totals) -> str:
    tally = totals.causes.get(Cause.UNKNOWN)
    return f"; {tally.count:,} of its rows {'has' if tally.count == 1 else 'have'} no exit here" if tally else ""


def mostly(totals: Totals) -> str | None:
    """The cause that comes to most."""
    return next((cause.label for cause in totals.causes), None)


def causes_of(one: Difference) -> str:
    """Those of one difference, the largest first."""
    return " + ".join(part.cause.label for part in one.parts)


def place(one: Difference) -> str:
    """Which book and when, as far as it takes to find it."""
    leg = f" ({one.position_idx})" if one.position_idx else ""
    return f"{one.bot_id} {one.symbol}{leg}"
