"""`verify`: proves every book, and shows what does not agree."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from ledger.cli.exits import ExitCode
from ledger.cli.opening import ready_settings
from ledger.cli.options import Account, Book, Bot, Category, Json, Symbol, Wide
from ledger.cli.output import errors, output, print_json, remark
from ledger.cli.tables import ACCOUNT, BOT, CATEGORY, POSITION_IDX, SYMBOL, Column, show
from ledger.errors import InvalidInputError
from ledger.verify import (
    DEFAULT_JOBS,
    DEFAULT_TIMEOUT_SECONDS,
    BookFilter,
    BookRef,
    BookResult,
    Difference,
    Strays,
    Verifier,
)

_COLUMNS = (
    Column("book_id", "book"),
    ACCOUNT,
    BOT,
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("book_seq", "journal", "count", rank=3),
    Column("cash_seq", "cash", "count", rank=4),
    Column("result", "result"),
    Column("cache", "cache", rank=2),
)


def verify(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    book: Book = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only books that differ, and the sum.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=604_800, help="Seconds that one book may take.", metavar="SECONDS")
    ] = DEFAULT_TIMEOUT_SECONDS,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, max=64, help="Books that are checked at once, each on its own connection.")
    ] = DEFAULT_JOBS,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Prove the ledger: derive everything again from the journal and compare it with what is stored.

    Checked for each book: the journal's hash chain (nothing changed, removed or reordered), every lot and trade
    by a second computation, the running position, the sums that must agree, and what readers of the cache believe.
    Without a filter, or with --account alone, also that each row is in the book of its fill.
    Nothing is changed; bots may go on. Exit code 1 if anything differs, with the first difference in full.

    In the column `cache`, only `wrong` is an error: absent, pending, untrusted and unreadable entries are passed by,
    and readers ask PostgreSQL.

    Examples:
      fifoledger verify
      fifoledger verify --bot lxalgo_001 --symbol BTCUSDT
      fifoledger verify --json
    """
    wanted = BookFilter(account=account, bot=bot, symbol=symbol, category=category, book=book)
    with Verifier(ready_settings(), timeout=timeout, jobs=jobs) as verifier:
        books = verifier.books(wanted)
        require_some(books, wanted)
        results = _checked(verifier, books)
        strays = verifier.strays(account) if wanted == BookFilter(account=account) else Strays()
        problem = verifier.cache_problem
    if problem:
        remark(f"note: the cache was not checked: {problem}")
    if as_json:
        print_json(_document(results, strays, problem))
    else:
        _print(results, strays, quiet=quiet, wide=wide)
    if not strays.ok or not all(result.ok for result in results):
        raise typer.Exit(ExitCode.DIFFERENCES)


def require_some(books: list[BookRef], wanted: BookFilter) -> None:
    """A filter that fits nothing is a slip of the pen, and must not pass for a proof."""
    given = {name: value for name, value in asdict(wanted).items() if value is not None}
    if given and not books:
        name, value = next(reversed(given.items()))
        listing = " ".join(f"--{key} {text}" for key, text in given.items())
        raise InvalidInputError(name, value, f"one that some book has; no book fits {listing}")


def progress_bar() -> Progress:
    """A bar on stderr; none where nobody looks."""
    console = errors()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("entries"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def weight(book: BookRef) -> int:
    """How much work a book is: its journal entries, and one for itself."""
    return book.book_seq + book.cash_seq + 1


def _checked(verifier: Verifier, books: list[BookRef]) -> list[BookResult]:
    results = []
    with progress_bar() as progress:
        task = progress.add_task("verifying", total=sum(map(weight, books)))
        for result in verifier.run(books):
            results.append(result)
            progress.update(task, advance=weight(result.book), description=f"verifying {result.book.symbol}")
    return results


def _document(results: list[BookResult], strays: Strays, problem: str | None) -> dict[str, Any]:
    return {
        "ok": strays.ok and all(result.ok for result in results),
        "books_checked": len(results),
        "books_different": sum(not result.ok for result in results),
        "cache_problem": problem,
        "strays_total": strays.total,
        "strays": [{"account": stray.account, **asdict(stray.difference)} for stray in strays.found],
        "books": [
            {
                **asdict(result.book),
                "ok": result.ok,
                "cache": result.cache,
                "seconds": round(result.seconds, 6),
                "differences_total": result.total,
                "differences": [asdict(difference) for difference in result.differences],
            }
            for result in results
        ],
    }


def _print(results: list[BookResult], strays: Strays, *, quiet: bool, wide: bool) -> None:
    console = output()
    shown = [result for result in results if not (quiet and result.ok)]
    if shown:
        show("Books", _COLUMNS, map(_row, shown), wide=wide)
    wrong = [result for result in results if not result.ok]
    if wrong:
        first = wrong[0]
        _print_first(console, f"The first difference, in book {first.book.book_id}", first.differences[0])
    if strays.found:
        stray = strays.found[0]
        _print_first(console, f"The first row outside its book, in account {stray.account}", stray.difference)
    _print_sum(console, results, wrong, strays)


def _row(result: BookResult) -> dict[str, Any]:
    verdict = "ok" if result.ok else f"{result.total:,} difference{'s' if result.total > 1 else ''}"
    return {**asdict(result.book), "result": verdict, "cache": result.cache}


def _print_first(console: Console, title: str, difference: Difference) -> None:
    console.print(Text(title, style="italic"))
    for name, value in asdict(difference).items():
        line = Text(f"  {name:<8}", style="bold").append("–" if value is None else value, style="not bold")
        console.print(line, soft_wrap=True)  # a hash that the terminal breaks is still one word to copy


def _print_sum(console: Console, results: list[BookResult], wrong: list[BookResult], strays: Strays) -> None:
    entries = sum(result.book.book_seq + result.book.cash_seq for result in results)
    text = f"{len(results):,} books, {entries:,} journal entries"
    caches = Counter(result.cache.value for result in results if result.cache is not None)
    if caches:
        text += "; cache: " + ", ".join(f"{count:,} {state}" for state, count in sorted(caches.items()))
    if wrong or not strays.ok:
        total = sum(result.total for result in wrong)
        outside = "" if strays.ok else f"; {strays.total:,} findings on rows outside their books"
        console.print(f"[bold red]DIFFERENT[/]: {total:,} differences in {len(wrong):,} of {text}{outside}")
        console.print("Stored lots and trades can be derived again: fifoledger rebuild. A changed journal cannot.")
    elif not results:
        console.print("Nothing to prove yet: no bot has booked anything.")
    else:
        console.print(f"[bold green]PROVEN[/]: {text}")
