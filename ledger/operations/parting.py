"""Which executions of a batch go to the database together: those of one book, however each of them says whose it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ledger.database import Query
from ledger.fill import Book, Fill
from ledger.session import Operation, Session

_Order = tuple[str, str | None]  # category, order_id


@dataclass
class Part:
    """Executions of one transaction by their places in the batch; of a bot that some of them name, or of None.

    `by_order` name nobody, but their order seems to be the bot's. What the database then finds not to be has no result.
    """

    book: Book
    numbers: list[int] = field(default_factory=list)
    by_order: list[int] = field(default_factory=list)


def parted(session: Session, fills: Sequence[Fill]) -> Operation[list[Part]]:
    """The parts of a batch: those of bots that it names first.

    What names nobody goes with what names its order's bot. In a transaction behind that, it might be all that is left
    of a book's batch that was refused, or be taken for the caller's, because nobody else was known to have written the
    order.
    """
    names = {name for fill in fills if (name := fill.book[0]) not in {None, session.bot_id}}
    if not names:
        return unnamed(fills, range(len(fills)))
    silent = sorted({_order(fill) for fill in fills if fill.book[0] != session.bot_id and fill.params["order_id"]})
    rows = yield Query(
        "batch_bots",
        {
            "account_id": session.account_id,
            "bot_id": session.bot_id,
            "names": sorted(map(str, names)),
            "categories": [category for category, _ in silent],
            "orders": [order for _, order in silent],
        },
    )
    bots = set(rows[0]["bots"])
    owners = {
        _order(fill): fill.book[0] for fill in reversed(fills) if fill.book[0] in bots and fill.params["order_id"]
    }
    owners |= {order: bot for order, bot in zip(silent, rows[0]["owners"], strict=True) if bot is not None}
    parts = {fill.book: Part(fill.book) for fill in fills if fill.book[0] in bots}
    rest = []
    for number, fill in enumerate(fills):
        named_bot, category, symbol, idx = fill.book
        if fill.book in parts:
            parts[fill.book].numbers.append(number)
        elif named_bot != session.bot_id and (part := parts.get((owners.get(_order(fill)), category, symbol, idx))):
            part.by_order.append(number)
        else:
            rest.append(number)
    return [parts[book] for book in sorted(parts, key=lambda book: tuple(map(str, book)))] + unnamed(fills, rest)


def unnamed(fills: Sequence[Fill], numbers: Iterable[int]) -> list[Part]:
    """These executions by their lines. They are the caller's, or the bots' to whom their orders are found to belong."""
    parts: dict[Book, Part] = {}
    for number in numbers:
        book = (None, *fills[number].book[1:])
        parts.setdefault(book, Part(book)).numbers.append(number)
    return [parts[book] for book in sorted(parts, key=lambda book: tuple(map(str, book)))]


def _order(fill: Fill) -> _Order:
    return fill.params["category"], fill.params["order_id"]
