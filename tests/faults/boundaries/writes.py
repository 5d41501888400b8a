"""Each kind of write that a bot makes: what was there before it, and the call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger import LedgerClient
from tests.fills import SYMBOL, fill, moment

BOT, ACCOUNT = "bot", "main"
_OTHER = "ETHUSDT"


@dataclass(frozen=True)
class Write:
    """One call, on top of fills that are there already. With `together` it is one transaction."""

    name: str
    earlier: tuple[dict[str, Any], ...]
    call: Callable[[LedgerClient], Any]
    together: bool = True


def _entry(client: LedgerClient) -> Any:
    return client.record_fill(**fill("new", qty=2, commission="0.1", at=10))


def _close(client: LedgerClient) -> Any:
    return client.record_fill(**fill("new", "Sell", 4, 110, at=10, commission="0.4", close_reason="tp"))


def _flip(client: LedgerClient) -> Any:
    return client.record_fill(**fill("new", "Sell", 9, 110, at=10, commission="0.9"))


def _late(client: LedgerClient) -> Any:
    return client.record_fill(**fill("new", "Sell", 2, 105, at=0.5, commission="0.2"))


def _execution(client: LedgerClient) -> Any:
    return client.record_fill(**fill("new", qty=1, price=99, at=4, order_id="whole", commission="0.1"))


def _funding(client: LedgerClient) -> Any:
    return client.record_fill(**fill("new", at=10, commission="0.3", exec_type="Funding"))


def _batch_of(symbols: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        fill(f"n{n}", "Sell" if n % 3 == 1 else "Buy", n + 1, 100 + n, at=10 + n, symbol=symbols[n % len(symbols)])
        for n in range(6)
    ]


def _batch(client: LedgerClient) -> Any:
    return client.record_fills(_batch_of((SYMBOL,)))


def _late_batch(client: LedgerClient) -> Any:
    return client.record_fills([{**one, "exec_time": moment(0.5)} for one in _batch_of((SYMBOL,))])


def _batches(client: LedgerClient) -> Any:
    return client.record_fills(_batch_of((SYMBOL, _OTHER, "SOLUSDT")))


def _adjustment(client: LedgerClient) -> Any:
    return client.record_adjustment(
        category="linear", symbol=SYMBOL, position_idx=0, side="Sell", exec_qty=2, exec_time=moment(20), exec_id="new",
        seen={BOT: 3},
    )  # fmt: skip


def _superseding(client: LedgerClient) -> Any:
    return client.record_fills([fill("new", "Sell", 2, 103, at=8)], superseding=True)


def _old_calls(client: LedgerClient) -> Any:
    client.write_fill(SYMBOL, "Sell", 110, 4, "o9", None, "tp", "0.4", moment(10))
    trades = client.close_position_fifo(SYMBOL, 110, 4, moment(10), "tp", "o9", "0.4")
    client.update_position_redis(SYMBOL, 1, "Buy", 100)
    return trades


_LOTS = (fill("e0", qty=1), fill("e1", qty=2, price=101, at=1, commission="0.2"), fill("e2", qty=2, price=102, at=2))
_CLOSED = (*_LOTS, fill("e3", "Sell", 4, 103, at=3, commission="0.1"))
_WHOLE = (*_LOTS, fill(None, qty=3, price=100, at=4, order_id="whole", commission="0.3"))
_ADJUSTED = (*_LOTS, fill("a", "Sell", 2, None, at=9, exec_type="Adjustment"))

WRITES = {
    write.name: write
    for write in (
        Write("entry", (), _entry),
        Write("close", _LOTS, _close),
        Write("flip", _LOTS, _flip),
        Write("late", _CLOSED, _late),
        Write("execution", _WHOLE, _execution),
        Write("funding", _LOTS, _funding),
        Write("batch", _LOTS, _batch),
        Write("late_batch", _CLOSED, _late_batch),
        Write("batches", _LOTS, _batches, together=False),
        Write("adjustment", _LOTS, _adjustment),
        Write("superseding", _ADJUSTED, _superseding),
        Write("old_calls", _LOTS, _old_calls, together=False),
    )
}


def prepare(name: str, database_url: str) -> None:
    """Lets happen what was before a write."""
    with LedgerClient(BOT, account=ACCOUNT, database_url=database_url) as client:
        client.register()
        for one in WRITES[name].earlier:
            client.record_fill(**one)


def carry_out(name: str, database_url: str, redis_url: str) -> None:
    """The write, as a process of its own makes it."""
    with LedgerClient(BOT, account=ACCOUNT, database_url=database_url, redis_url=redis_url) as client:
        WRITES[name].call(client)


def cache_problems(database_url: str, redis_url: str) -> list[str]:
    """Where a reader of the cache is told otherwise than a reader of PostgreSQL."""
    problems = []
    with (
        LedgerClient(BOT, account=ACCOUNT, database_url=database_url, redis_url=redis_url) as cached,
        LedgerClient(BOT, account=ACCOUNT, database_url=database_url) as stored,
    ):
        for symbol in (SYMBOL, _OTHER, "SOLUSDT"):
            read, true = cached.get_position(symbol), stored.get_position(symbol)
            if (read.side, read.total_qty, read.book_seq) != (true.side, true.total_qty, true.book_seq):
                problems.append(f"the cache says {read}, and PostgreSQL {true}")
    return problems
