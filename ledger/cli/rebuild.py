"""`rebuild`: derives books again from their journals."""

from typing import Any

from redis.exceptions import RedisError

from ledger.cache.audit import CacheAuditor
from ledger.cli.opening import database, ready_settings
from ledger.cli.options import Account, Book, Bot, Category, Json, Symbol, Wide
from ledger.cli.output import output, print_json, remark
from ledger.cli.tables import ACCOUNT, BOT, CATEGORY, COIN, POSITION_IDX, SYMBOL, Column, show
from ledger.cli.verify import progress_bar, require_some, weight
from ledger.database import Database, Query
from ledger.settings import Settings
from ledger.verify import DEFAULT_TIMEOUT_SECONDS, BookFilter, BookRef, list_books

_COLUMNS = (
    Column("book_id", "book"),
    ACCOUNT,
    BOT,
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("rows_changed", "rows that differed", "count"),
    Column("trades_before", "trades before", "count", rank=3),
    Column("trades_after", "trades after", "count", rank=3),
    Column("net_pnl_before", "net before", "money", rank=2),
    Column("net_pnl_after", "net after", "money", rank=2),
    COIN,
)


def rebuild(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    book: Book = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Derive lots, trades and positions again from the journal, and write the rows that differ.

    The journal itself is never touched. On a healthy ledger nothing differs and nothing but a note of the rebuild is
    written. Each book is locked while it is rebuilt: its bot waits. Cached positions are read anew afterwards.

    Examples:
      fifoledger rebuild --book 12
      fifoledger rebuild --bot lxalgo_001
    """
    wanted = BookFilter(account=account, bot=bot, symbol=symbol, category=category, book=book)
    settings = ready_settings()
    with database(settings.model_copy(update={"statement_timeout": DEFAULT_TIMEOUT_SECONDS})) as opened:
        books = list_books(opened, wanted)
        require_some(books, wanted)
        rows = []
        with progress_bar() as progress:
            task = progress.add_task("rebuilding", total=sum(map(weight, books)))
            for one in books:
                rows.append(_rebuilt(opened, one))
                progress.update(task, advance=weight(one), description=f"rebuilding {one.symbol}")
    _distrust(settings, [one.cache_key for one in books if one.cache_key is not None])
    if as_json:
        print_json(rows)
        return
    if rows:
        show("Rebuilt books", _COLUMNS, rows, wide=wide)
    output().print(f"{sum(row['rows_changed'] for row in rows):,} rows differed in {len(rows):,} books.")


def _rebuilt(opened: Database, book: BookRef) -> dict[str, Any]:
    params = {"account_id": book.account_id, "book_id": book.book_id}
    before = opened.query(Query("book_state", params))[0]
    changed = opened.query(Query("rebuild_book", params))[0]["rows_changed"]
    after = opened.query(Query("book_state", params))[0]
    # The book's own row counts, too; if fills came in between, they and not the rebuild changed it.
    if before["book_seq"] == after["book_seq"] and before["state"] != after["state"]:
        changed += 1
    return {
        "book_id": book.book_id,
        "account": book.account,
        "bot_id": book.bot_id,
        "category": book.category,
        "symbol": book.symbol,
        "position_idx": book.position_idx,
        "rows_changed": changed,
        "trades_before": before["trades"],
        "trades_after": after["trades"],
        "net_pnl_before": before["realized_net"],
        "net_pnl_after": after["realized_net"],
        "settle_coin": after["settle_coin"],
    }


def _distrust(settings: Settings, keys: list[str]) -> None:
    """A rebuild changes a position without giving it a new number, so that cached entries must be told."""
    if settings.redis_url is None or not keys:
        return
    auditor = CacheAuditor(settings)
    try:
        auditor.distrust(keys)
    except (RedisError, OSError) as error:
        remark(f"note: Redis did not answer ({type(error).__name__}); old entries expire in {settings.cache_trust:g} s")
    finally:
        auditor.close()
