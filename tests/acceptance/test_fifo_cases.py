import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest

from ledger import FillResult, LedgerClient
from tests.clients import KINDS, open_client
from tests.fifo_cases import Case, CaseFill, Closed, Opened, load

Fills = list[dict[str, Any]]
SYMBOL = "XYZUSDT"


def one_by_one(client: LedgerClient, fills: Fills) -> list[FillResult]:
    return [client.record_fill(**fill) for fill in fills]


def together(client: LedgerClient, fills: Fills) -> list[FillResult]:
    return client.record_fills(fills)


def shuffled(client: LedgerClient, fills: Fills) -> list[FillResult]:
    return one_by_one(client, random.sample(fills, len(fills)))


def shuffled_together(client: LedgerClient, fills: Fills) -> list[FillResult]:
    mixed = random.sample(fills, len(fills))
    half = len(mixed) // 2
    return client.record_fills(mixed[half:]) + client.record_fills(mixed[:half])


WAYS: tuple[Callable[[LedgerClient, Fills], list[FillResult]], ...] = (
    one_by_one,
    together,
    shuffled,
    shuffled_together,
)


@pytest.fixture(params=KINDS)
def new_client(
    request: pytest.FixtureRequest, shared_database_url: str, make_account: Callable[[], str]
) -> Iterator[Callable[[], LedgerClient]]:
    """Opens clients of one kind, each for a bot on an account of its own."""
    with ExitStack() as stack:

        def open_one() -> LedgerClient:
            account = make_account()
            client = open_client(request.param, f"bot-{account}", account=account, database_url=shared_database_url)
            return stack.enter_context(client)

        yield open_one


def as_recorded(fill: CaseFill) -> dict[str, Any]:
    return {
        "symbol": SYMBOL,
        "side": fill.side,
        "exec_price": fill.price,
        "exec_qty": fill.qty,
        "exec_time": fill.time,
        # Named against the order that `seq` gives.
        "exec_id": f"e{1000 - fill.seq}",
        "commission": fill.fee,
        "seq": fill.seq,
    }


def differences(case: Case, client: LedgerClient) -> list[str]:
    """Between what is expected and what the client answers."""
    closed = [
        Closed(
            side=trade.side,
            qty=trade.quantity,
            entry_price=trade.entry_price,
            exit_price=trade.exit_price,
            gross=trade.gross_pnl,
            fees=trade.entry_commission + trade.exit_commission,
            net=trade.net_pnl,
        )
        for trade in client.get_completed_trades(SYMBOL)
    ]
    opened = [Opened(lot.side, lot.remaining_qty, lot.entry_price) for lot in client.get_open_position_entries(SYMBOL)]
    return case.differences(closed, opened)


@pytest.mark.parametrize("case", load(), ids=lambda case: case.name)
def test_cases_of_other_programs(case: Case, new_client: Callable[[], LedgerClient]) -> None:
    fills = [as_recorded(fill) for fill in case.fills]
    for record in WAYS:
        client = new_client()
        results = record(client, fills)
        assert [result.duplicate for result in results] == [False] * len(fills)
        assert differences(case, client) == [], record.__name__
        position = client.get_position(SYMBOL)
        held = sum((lot.qty for lot in case.open), Decimal(0))
        assert position.total_qty == held, record.__name__
        assert position.side == (case.open[0].side if case.open else "None")


@pytest.mark.parametrize("case", load(), ids=lambda case: case.name)
def test_each_fill_is_answered_with_what_it_did(case: Case, new_client: Callable[[], LedgerClient]) -> None:
    client = new_client()
    results = one_by_one(client, [as_recorded(fill) for fill in case.fills])
    answered = [trade for result in results for trade in result.completed_trades]
    assert answered == client.get_completed_trades(SYMBOL)
    for fill, result in zip(case.fills, results, strict=True):
        closed = sum((trade.quantity for trade in result.completed_trades), Decimal(0))
        opened = result.entry.original_qty if result.entry else Decimal(0)
        assert opened + closed == fill.qty
    assert results[-1].position == client.get_position(SYMBOL)
