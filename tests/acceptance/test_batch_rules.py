"""A batch is what its executions are one by one: what counts of a repeated one, and which refusal comes first."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ledger import ConflictingFillError, LedgerClient
from tests.clients import KINDS, open_client
from tests.fills import SYMBOL, fill


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest, database_url: str) -> Iterator[LedgerClient]:
    with open_client(request.param, "bot", account="main", database_url=database_url) as opened:
        yield opened


def test_the_first_of_a_repeated_execution_counts(client: LedgerClient) -> None:
    closes = [fill("e2", "Sell", at=1, close_reason=reason) for reason in ("take_profit", "stop_loss")]
    results = client.record_fills([fill("e1"), *closes])
    assert [result.duplicate for result in results] == [False, False, True]
    assert [trade.exit_reason for trade in client.get_completed_trades()] == ["take_profit"]


def test_a_conflict_comes_before_what_the_rest_of_the_batch_may_not_do(client: LedgerClient) -> None:
    client.record_fill(**fill("e1", position_idx=1))
    beyond = fill("e2", "Sell", 5, at=1, position_idx=1)
    with pytest.raises(ConflictingFillError) as refused:
        client.record_fills([beyond, fill("e1", price=101, position_idx=1)])
    assert refused.value.fields["exec_price"]["given"] == "101"
    assert client.get_position(SYMBOL, position_idx=1).total_qty == Decimal(1)


def test_what_is_known_may_lie_between_what_is_new(client: LedgerClient) -> None:
    known = client.record_fill(**fill("e2", at=1))
    results = client.record_fills([fill("e1"), fill("e2", at=1), fill("e3", "Sell", 2, at=2)])
    assert [(result.duplicate, result.fill_id == known.fill_id) for result in results] == [
        (False, False), (True, True), (False, False),
    ]  # fmt: skip
    assert {(result.position.size, result.position.book_seq) for result in results} == {(Decimal(0), 3)}
    assert [trade.entry_fill_id for trade in results[2].completed_trades] == [results[0].fill_id, known.fill_id]


def test_a_conflict_may_lie_between_what_is_new(client: LedgerClient) -> None:
    client.record_fill(**fill("e2", at=1))
    with pytest.raises(ConflictingFillError, match="execution e2 "):
        client.record_fills([fill("e1"), fill("e2", qty=2, at=1), fill("e3", at=2)])
    assert client.get_position(SYMBOL).book_seq == 1


@pytest.mark.parametrize("place", range(3))
def test_a_conflict_is_one_even_if_no_execution_can_be_like_that(client: LedgerClient, place: int) -> None:
    spot: dict[str, Any] = {"category": "spot", "commission_asset": "BTC"}
    client.record_fill(**fill("known", **spot))
    batch = [fill("e1", at=1, **spot), fill("e2", at=2, **spot)]
    batch.insert(place, fill("known", commission=2, **spot))  # more than it bought
    with pytest.raises(ConflictingFillError, match="execution known "):
        client.record_fills(batch)
    assert client.get_position(SYMBOL, category="spot").book_seq == 1


def test_another_bots_execution_may_lie_between_what_is_new(client: LedgerClient, database_url: str) -> None:
    with open_client("blocking", "other", account="main", database_url=database_url) as other:
        other.record_fill(**fill("e2", at=1))
        results = client.record_fills([fill("e1"), fill("e2", at=1), fill("e3", at=2)])
        assert [(result.duplicate, result.position.bot_id) for result in results] == [
            (False, "bot"), (True, "other"), (False, "bot"),
        ]  # fmt: skip
        assert [one.get_position(SYMBOL).size for one in (client, other)] == [2, 1]
