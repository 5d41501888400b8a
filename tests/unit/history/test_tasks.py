"""How staged books are put together into transactions."""

from reconcile.history.staging import StagedBook
from reconcile.history.tasks import BOOKS_AT_ONCE, FILLS_AT_ONCE, tasks


def _books(sizes: list[int], *, is_cash: bool = False) -> list[StagedBook]:
    stops = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return [
        StagedBook("bot", "linear", f"S{number}", 0, is_cash, stop - size, stop, mixes=False)
        for number, (size, stop) in enumerate(zip(sizes, stops, strict=True))
    ]


def test_a_transaction_has_not_more_books_than_the_server_has_locks_for() -> None:
    found = [len(task.books) for task in tasks(_books([1] * (2 * BOOKS_AT_ONCE + 5)))]
    assert found == [BOOKS_AT_ONCE, BOOKS_AT_ONCE, 5]


def test_small_books_share_a_transaction_as_far_as_their_rows_fit() -> None:
    books = _books([FILLS_AT_ONCE - 2, 2, 1])
    assert [task.books for task in tasks(books)] == [tuple(books[:2]), (books[2],)]


def test_a_large_book_is_alone_in_several_transactions() -> None:
    books = _books([5, 2 * FILLS_AT_ONCE + 7, 5])
    before, large, after = tasks(books)
    assert (before.books, large.books, after.books) == tuple((book,) for book in books)
    assert len(large.ranges) > 2
    assert [stop for _, stop in large.ranges[:-1]] == [start for start, _ in large.ranges[1:]]
    assert large.rows == 2 * FILLS_AT_ONCE + 7
