"""The comparison with an earlier system as people read it in a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ledger.cli.output import moment, number, output
from ledger.cli.tables import ACCOUNT, BOT, CATEGORY, COIN, POSITION_IDX, SYMBOL, Column, show
from reconcile.history.legacy.report import BookComparison, Comparison, Difference, Totals
from reconcile.history.legacy.shown import causes_of, headline, mostly, old_name, place, remarks, rounded

_BOOKS = (
    ACCOUNT,
    BOT,
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    COIN,
    Column("exits", "exits", "count", rank=3),
    Column("differing", "differ", "count", rank=2),
    Column("old", "it said", "number"),
    Column("ours", "the truth", "number"),
    Column("difference", "off by", "money"),
    Column("turned", "wrong sign", "count", usual=0, rank=4),
    Column("mostly", "mostly", usual=None, rank=1),
)
_CAUSES = (
    COIN,
    Column("cause", "cause"),
    Column("count", "times", "count"),
    Column("amount", "adds up to", "money"),
    Column("absolute", "without the signs", "number", rank=1),
)
_DIFFERENCES = (
    Column("time", "closed (UTC)", "time"),
    BOT,
    SYMBOL,
    Column("side", "side", "side", rank=3),
    Column("quantity", "quantity", "number", rank=3),
    COIN,
    Column("old", "it said", "number"),
    Column("ours", "the truth", "number"),
    Column("amount", "off by", "money"),
    Column("causes", "why", rank=1, folds=True),
)
_EXPLAINED = 3


def print_comparison(made: Comparison, limit: int, *, wide: bool) -> None:
    """The answer, the causes, the books, and the largest differences, the first ones with their arithmetic."""
    console = output()
    console.print(Text(f"{old_name(made)} against the ledger", style="italic"), soft_wrap=True)
    for totals in made.coins:
        console.print(Text(headline(totals), style="bold red" if totals.difference else "bold green"))
        for line in remarks(totals):
            console.print(Text(line))
    if any(totals.causes for totals in made.coins):
        show("Why", _CAUSES, [row for totals in made.coins for row in _causes(totals)], wide=wide)
    show("Books", _BOOKS, [_book(book) for book in made.books], wide=wide)
    listed = made.worst[: limit or None]
    if listed:
        show("The largest differences", _DIFFERENCES, [_difference(one) for one in listed], wide=wide)
        _explain(console, listed[:_EXPLAINED])
    _end(console, made, len(listed))


def _causes(totals: Totals) -> Iterator[dict[str, Any]]:
    coin = totals.settle_coin
    for cause, tally in totals.causes.items():
        yield {
            "settle_coin": coin,
            "cause": cause.label,
            "count": tally.count,
            "amount": rounded(tally.amount, coin),
            "absolute": rounded(tally.absolute, coin),
        }


def _book(book: BookComparison) -> dict[str, Any]:
    totals = book.totals
    return {
        "account": book.account,
        "bot_id": book.bot_id,
        "category": book.category,
        "symbol": book.symbol,
        "position_idx": book.position_idx,
        "settle_coin": totals.settle_coin,
        "exits": totals.exits,
        "differing": totals.exits - totals.agreeing,
        "turned": totals.turned,
        "mostly": mostly(totals),
        **{name: rounded(getattr(totals, name), totals.settle_coin) for name in ("old", "ours", "difference")},
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "time": one.time,
        "bot_id": one.bot_id,
        "symbol": one.symbol,
        "side": one.side,
        "quantity": one.quantity,
        "settle_coin": one.settle_coin,
        "causes": causes_of(one),
        "old": None if one.old is None else rounded(one.old, one.settle_coin),
        "ours": None if one.ours is None else rounded(one.ours, one.settle_coin),
        "amount": rounded(one.amount, one.settle_coin),
    }


def _explain(console: Console, differences: Sequence[Difference]) -> None:
    for one in differences:
        title = Text(f"{moment(one.time)} {place(one)}", style="bold")
        console.print(title.append(f"  {causes_of(one)}", style="not bold italic"))
        console.print(Padding(Text(one.words), (0, 0, 0, 2)))
        for line in one.sums:
            console.print(Padding(Text(line, style="dim"), (0, 0, 0, 4)))


def _end(console: Console, made: Comparison, listed: int) -> None:
    if made.differing > listed:
        rest = f"The {listed} largest of {made.differing:,} differences; --limit 0 lists all, "
        console.print(Text(rest + "--html FILE writes the whole report.", style="dim"), soft_wrap=True)
    left_out = sum(book.left_out for book in made.books)
    if left_out:
        outside = f"{left_out:,} exits from before or after its time are not compared; see --since and --until."
        console.print(Text(outside, style="dim"), soft_wrap=True)
    seconds = number(made.tolerance_seconds)
    console.print(
        Text(f"Exits are matched by order, else within {seconds}s by side and quantity.", style="dim"), soft_wrap=True
    )
