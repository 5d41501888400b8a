"""Every book of the demo, derived again from the journal by the second route."""

from ledger.demo.stage import Stage
from ledger.verify import BookFilter, Verifier

# Two of the day, two for each other order of it, seven of Bybit; and one of the crash, where there is a cache.
_BOOKS = 13


def prove(stage: Stage) -> None:
    """Verifies all books that this run wrote, journal, derived rows and cache."""
    report = stage.report
    report.heading("Proof")
    report.say(
        "verify derives every lot and trade anew from the journal, by sums over the whole set, checks the journal's "
        "hash chain and the cache, and compares."
    )
    with Verifier(stage.settings) as verifier:
        books = [book for name in stage.accounts for book in verifier.books(BookFilter(account=name))]
        results = list(verifier.run(books))
        report.expect("the cache, if any, answered", verifier.cache_problem, None)
    report.table(
        "Books",
        ("bot", "category", "symbol", "fills", "cash", "cache", "differences"),
        [
            (r.book.bot_id, r.book.category, r.book.symbol, r.book.book_seq, r.book.cash_seq,
             "" if r.cache is None else r.cache.value, r.total)
            for r in results
        ],
    )  # fmt: skip
    wrong = [difference for result in results for difference in result.differences]
    report.expect("no difference anywhere", wrong, [])
    wanted = _BOOKS + (stage.redis_url is not None) + stage.more_books
    report.expect(f"{wanted} books proven", sum(result.ok for result in results), wanted)
