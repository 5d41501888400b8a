"""Reports of an import as people and programs read them."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ledger.cli.output import duration, errors, output
from ledger.cli.tables import BOT, CATEGORY, COIN, POSITION_IDX, SYMBOL, Column, show

if TYPE_CHECKING:
    from ledger.verify import BookResult
    from reconcile.history.report import BookReport, ImportReport

_ROWS = (
    BOT,
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("fills", "fills", "count"),
    Column("first_time", "first (UTC)", "time"),
    Column("last_time", "last (UTC)", "time"),
    Column("longest_gap_seconds", "longest gap", "duration", rank=1),
    Column("order", "order", usual=None, rank=2),
)
_MONEY = (
    BOT,
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("net_pnl_before", "P&L before", "money"),
    Column("net_pnl_after", "P&L after", "money"),
    COIN,
    Column("side", "side", "side", rank=1),
    Column("size", "open", "number", rank=1),
    Column("short_qty", "sold without opening", "number", usual=0),
)
_REASONS = (
    Column("count", "rows", "count"),
    Column("field", "field"),
    Column("reason", "why", folds=True),
)
_REJECTS = (
    Column("origin", "where", rank=1, shared=True),
    Column("line", "line", "count"),
    Column("field", "field"),
    Column("value", "value", rank=2, folds=True),
    Column("reason", "why", rank=3, folds=True),
)
_UNPROVEN = (Column("book_id", "book"), BOT, CATEGORY, SYMBOL, POSITION_IDX, Column("total", "differences", "count"))
_SHOWN_REASONS, _SHOWN_REJECTS, _SHOWN_BOOKS = 10, 10, 30
_SPOT_NOTE = "On spot that is more than was ever bought: purchases, or transfers, before the first row are missing."
_NOTE = (
    "Sold without opening: what sells opened while the book held nothing. Where the bot only ever bought first, the "
    "rows before the first are missing: give them, or an opening balance."
)


def print_import(report: "ImportReport", *, rejects: object, wide: bool) -> None:
    """Books, what was rejected, and the sum."""
    console = output()
    if report.books:
        _print_books(report.books, everything=wide or not console.is_terminal, wide=wide)
    if report.rejected:
        _print_rejects(report, rejects, wide=wide)
    if report.unproven:
        print_unproven(report.unproven, wide=wide)
    status, style = _status(report)
    console.print(Text(status, style=style), end=" ")
    console.print(f"{report.source} → account {report.account}", markup=False, soft_wrap=True)
    for line in _summary(report):
        console.print(line, markup=False, soft_wrap=True)


def print_unproven(unproven: Sequence["BookResult"], *, wide: bool) -> None:
    """The books that verify found to differ."""
    rows = [{**asdict(result.book), "total": result.total} for result in unproven]
    show("Books that are not proven", _UNPROVEN, rows, wide=wide)


def import_document(report: "ImportReport") -> dict[str, Any]:
    """The report for programs."""
    unproven = [
        {**asdict(result.book), "differences_total": result.total,
         "differences": [asdict(difference) for difference in result.differences]}
        for result in report.unproven
    ]  # fmt: skip
    return {"ok": report.ok, "written": report.written, **asdict(report), "unproven": unproven}


def _print_books(books: Sequence["BookReport"], *, everything: bool, wide: bool) -> None:
    most = sorted(books, key=lambda book: -book.fills)
    shown = books if everything else most[:_SHOWN_BOOKS]
    rows = [_book(book) for book in shown]
    show("Fills by book", _ROWS, rows, wide=wide)
    show("P&L and positions by book", _MONEY, rows, wide=wide)
    console = output()
    if len(shown) < len(books):
        rest = f"These are the {len(shown):,} books with the most fills, of {len(books):,}. --wide shows all."
        console.print(rest, style="dim", markup=False)
    short = [book for book in books if book.short_qty]
    if short:
        spot = any(book.category == "spot" for book in short)
        console.print(_NOTE + (f" {_SPOT_NOTE}" if spot else ""), style="yellow", markup=False)


def _book(book: "BookReport") -> dict[str, Any]:
    order = "earlier than the ledger's" if book.rebuilt else None
    return {**asdict(book), "side": book.side if book.size else None, "order": order}


def _print_rejects(report: "ImportReport", rejects: object, *, wide: bool) -> None:
    reasons = [asdict(one) for one in report.reasons[:_SHOWN_REASONS]]
    show("Rejected", _REASONS, reasons, wide=wide)
    lines = [asdict(reject) for reject in report.rejects[:_SHOWN_REJECTS]]
    show("The first of them" if len(lines) < report.rejected else "Where they stand", _REJECTS, lines, wide=wide)
    if rejects is not None:
        errors().print(f"All {report.rejected:,} are in {rejects}", markup=False, soft_wrap=True)


def _status(report: "ImportReport") -> tuple[str, str]:
    if report.stopped:
        return "STOPPED", "bold red"
    if report.unproven:
        return "NOT PROVEN", "bold red"
    if report.rejected:
        return "REJECTED ROWS", "bold red"
    return ("DRY RUN", "bold yellow") if report.dry_run else ("OK", "bold green")


def _summary(report: "ImportReport") -> list[str]:
    would = "" if report.written else "would be "
    lines = [
        f"{report.read:,} rows read = {report.booked:,} {would}booked + {report.duplicates:,} duplicates + "
        f"{report.rejected:,} rejected"
    ]
    if report.joined:
        lines.append(f"{report.joined:,} of the rows are further parts of whole orders, each order one fill.")
    written = (
        f"{report.fills:,} fills, {report.payments:,} payments, {report.lots:,} lots, "
        f"{report.trades:,} completed trades"
    )
    lines.append(f"Would write {written}; nothing was written." if not report.written else f"Written: {written}.")
    took = f"{report.read / report.seconds:,.0f} rows/s" if report.seconds else ""
    line = f"In {duration(seconds_of(report.seconds))}, {took}"
    if report.verify_seconds:
        proven = "books proven" if not report.unproven else f"books verified, {len(report.unproven):,} not proven"
        line += f"; {proven} in {duration(seconds_of(report.verify_seconds))}"
    lines.append(f"{line}.")
    if report.stopped:
        lines.append(f"{report.stopped[0].upper()}{report.stopped[1:]}.")
    return lines


def seconds_of(value: float) -> Decimal:
    """As the tables write lengths of time."""
    return Decimal(f"{value:.2f}")
