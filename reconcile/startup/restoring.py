"""The cache after a run: what bots read there."""

from collections.abc import Sequence

from ledger import AsyncLedgerClient
from ledger.session import EXTERNAL
from reconcile.startup.comparing import key_of
from reconcile.startup.store import BookLine


async def restore(client: AsyncLedgerClient, before: Sequence[BookLine], after: Sequence[BookLine]) -> list[str]:
    """Writes to the cache what is open, and what has changed since `before`; answers which positions these are."""
    if client.settings.redis_url is None:
        return []
    former = {key_of(book): book.book_seq for book in before}
    books = [
        book
        for book in after
        if book.bot_id != EXTERNAL
        and (book.qty or former.get(key_of(book)) != book.book_seq or book.bot_id == client.bot_id)
    ]
    await client.refresh_positions([book.book_id for book in books])
    return [f"{book.bot_id}:{book.category}:{book.symbol}:{book.position_idx}" for book in books]
