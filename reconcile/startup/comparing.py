"""Both sides of every line, the union of what either knows, and what became of each book."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from ledger.session import EXTERNAL
from reconcile.startup.booking import BookKey, LineKey
from reconcile.startup.moments import as_seen
from reconcile.startup.report import ComparedLine, Finding
from reconcile.startup.snapshot import Snapshot
from reconcile.startup.store import BookLine
from reconcile.values import VenuePosition

_ZERO = Decimal(0)
_SPOT = "spot"
_ROUNDED = Decimal("1e-8")  # venues round averages and, of inverse contracts, the value of each fill
_VIOLENT = {"liquidation", "adl"}


def key_of(book: BookLine) -> BookKey:
    """The book's position line."""
    return book.bot_id, book.category, book.symbol, book.position_idx


def compare(books: Sequence[BookLine], snapshot: Snapshot, categories: Collection[str]) -> list[ComparedLine]:
    """The lines that either side knows, in the categories that were asked for; spot by coin, against the wallet."""
    books = as_seen(books, _shown(snapshot), snapshot.at)
    by_line: dict[LineKey, list[BookLine]] = defaultdict(list)
    for book in books:
        if book.category in categories and book.category != _SPOT:
            by_line[book.category, book.symbol, book.position_idx].append(book)
    venue = {(p.category, p.symbol, p.position_idx): p for p in snapshot.positions}
    lines = [_line(key, by_line.get(key, []), venue.get(key)) for key in sorted(by_line.keys() | venue.keys())]
    return [line for line in lines if line.bots or line.venue_qty] + _coins(books, snapshot)


def _shown(snapshot: Snapshot) -> Mapping[LineKey, Decimal]:
    coins = snapshot.wallet.balances if snapshot.wallet is not None else ()
    return {(p.category, p.symbol, p.position_idx): p.signed_qty for p in snapshot.positions} | {
        (_SPOT, balance.coin, 0): balance.owned for balance in coins
    }


def _line(key: LineKey, books: Sequence[BookLine], position: VenuePosition | None) -> ComparedLine:
    holders = [book for book in books if book.qty]
    # A moving average forgets what was closed; only where nothing was must it agree with what is open.
    price = holders[0].avg_price if len(holders) == 1 and holders[0].never_closed else None
    tolerance = _ROUNDED
    if price and key[0] == "inverse":  # a share of the value, qty / price, that shrinks as the position grows
        tolerance += _ROUNDED * holders[0].entries * price / abs(holders[0].qty)
    return ComparedLine(
        category=key[0],
        symbol=key[1],
        position_idx=key[2],
        bots={book.bot_id: book.qty for book in books},
        ledger_qty=sum((book.qty for book in books), _ZERO),
        venue_qty=position.signed_qty if position else _ZERO,
        ledger_price=price,
        venue_price=position.avg_price if position else None,
        price_tolerance=tolerance,
    )


def _coins(books: Sequence[BookLine], snapshot: Snapshot) -> list[ComparedLine]:
    if snapshot.wallet is None:
        return []
    owned = {balance.coin: balance.owned for balance in snapshot.wallet.balances}
    held: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for book in books:
        if book.category == _SPOT:
            held[book.base_coin][book.bot_id] += book.qty + book.dust_qty
    return [
        ComparedLine(
            category=_SPOT,
            symbol=coin,
            position_idx=0,
            bots=dict(bots),
            ledger_qty=sum(bots.values(), _ZERO),
            venue_qty=owned.get(coin, _ZERO),
        )
        for coin, bots in sorted(held.items())
    ]


def differences(
    lines: Sequence[ComparedLine], incomplete: Collection[LineKey], begun_late: Collection[str]
) -> list[Finding]:
    """What no execution explains.

    Args:
        lines: both sides.
        incomplete: lines whose executions could not all be applied.
        begun_late: categories of which the venue keeps more than was imported.
    """
    findings = []
    for line in lines:
        key = line.key
        if line.category == _SPOT:
            if line.difference:
                findings.append(_finding("wallet_residual", "deposits and transfers move a wallet, too", line))
        elif line.difference:
            rule = _REFUSED if key in incomplete else _LATE if line.category in begun_late else None
            findings.append(_finding("missing_history" if rule else "unexplained", rule or _UNEXPLAINED, line))
        elif line.ledger_price and line.venue_price and _differ(line):
            findings.append(
                _finding("price_only", "nothing was closed since flat: average and moving average must agree", line)
            )
    return findings


_UNEXPLAINED = "sum of the bots' books and external = the venue's quantity, and no execution is left to import"
_REFUSED = "an execution closes what the ledger never saw opened: its history begins too late"
_LATE = "the venue keeps executions that were not imported: reconcile without since"


def _differ(line: ComparedLine) -> bool:
    ours, theirs = line.ledger_price or _ZERO, line.venue_price or _ZERO
    return abs(ours - theirs) > line.price_tolerance * max(abs(theirs), Decimal(1))


def _finding(kind: str, rule: str, line: ComparedLine) -> Finding:
    price = line.ledger_price
    return Finding(
        kind=kind,
        rule=rule,
        category=line.category,
        symbol=line.symbol,
        position_idx=line.position_idx,
        ledger={"qty": _plain(line.ledger_qty), **({"price": f"{price:f}"} if price is not None else {})},
        venue={
            "qty": _plain(line.venue_qty),
            **({"price": f"{line.venue_price:f}"} if line.venue_price is not None else {}),
        },
    )


def _plain(qty: Decimal) -> str:
    return f"{qty.normalize():f}"


def explanations(
    before: Sequence[BookLine], after: Sequence[BookLine], reasons: Mapping[BookKey, Collection[str | None]]
) -> list[Finding]:
    """What became of each book while nobody looked, by the executions that were imported into it."""
    were = {key_of(book): book.qty for book in before}
    findings = []
    for book in after:
        key = key_of(book)
        if key in reasons:
            was = were.get(key, _ZERO)
            found = {reason for reason in reasons[key] if reason}
            findings.append(
                Finding(
                    kind=_kind(book, was, found),
                    rule="executions that the venue reported and the ledger did not have",
                    category=book.category,
                    symbol=book.symbol,
                    position_idx=book.position_idx,
                    bot_id=book.bot_id,
                    ledger={"before": _plain(was), "after": _plain(book.qty)},
                    venue={"reasons": ", ".join(sorted(found))} if found else {},
                )
            )
    return findings


def _kind(book: BookLine, was: Decimal, reasons: Collection[str]) -> str:
    now = book.qty
    less = abs(now) < abs(was) and now * was >= 0
    if less and _VIOLENT & set(reasons):
        return "liquidated"
    if now == was:
        return "traded_while_down"
    if not was:
        return "opened_outside" if book.bot_id == EXTERNAL else "opened_while_down"
    if now * was < 0:
        return "flipped_while_down"
    if less:
        return "reduced_while_down" if now else "closed_while_down"
    return "increased_while_down"
