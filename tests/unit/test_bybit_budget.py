"""The request budget: starts within a rolling second, and what answers say of it."""

import secrets
from datetime import timedelta
from itertools import pairwise

import pytest

from reconcile.bybit.budget import Budget, budget_of
from reconcile.bybit.crawler import LONGEST, split
from reconcile.bybit.times import EPOCH

NOW = 1_700_000_000_000
PATH = "/v5/execution/list"


def fresh() -> Budget:
    return budget_of(f"http://{secrets.token_hex(8)}", "key")


def headers(limit: object, left: object, reset: object) -> dict[str, str]:
    names = ("X-Bapi-Limit", "X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp")
    return {name: str(value) for name, value in zip(names, (limit, left, reset), strict=True)}


def test_requests_beyond_the_limit_wait_for_the_rolling_second() -> None:
    budget = fresh()
    budget.learn(PATH, headers(5, 5, NOW), NOW)
    waits = [budget.reserve(PATH, 60) for _ in range(15)]
    assert all(wait <= 0.01 for wait in waits[:5])
    assert all(after - before >= 0.99 for before, after in zip(waits, waits[5:], strict=False))
    assert waits[-1] < 2.2


def test_endpoints_have_limits_of_their_own_and_an_address_one_for_all() -> None:
    budget = fresh()
    for path in ("a", "b", "c"):
        budget.learn(path, headers(1000, 1000, NOW), NOW)
    waits = [budget.reserve(path, 60) for _ in range(170) for path in ("a", "b", "c")]
    assert all(wait <= 0.2 for wait in waits[:500])
    assert all(wait > 4 for wait in waits[500:])


def test_what_is_asked_without_a_key_counts_for_the_address_alone() -> None:
    budget = fresh()
    assert all(budget.reserve("/v5/market/time", 60) == 0 for _ in range(100))
    assert [budget.reserve("/v5/user/query-api", 60) > 0 for _ in range(10)] == [False] * 9 + [True]
    budget.refused("/v5/market/time", {}, NOW)
    assert budget.reserve("/v5/market/time", 60) > 0.9


def test_what_no_answer_tells_the_limit_of_shares_fifty_a_second() -> None:
    budget = fresh()
    paths = ("/v5/execution/list", "/v5/order/history", "/v5/position/list", "/v5/position/closed-pnl")
    waits = [budget.reserve(paths[n % len(paths)], 60) for n in range(90)]
    assert all(wait <= 0.01 for wait in waits[:45])
    assert all(wait >= 0.99 for wait in waits[45:])


def test_what_an_answer_tells_the_limit_of_is_counted_by_itself_with_what_was_asked_before() -> None:
    budget = fresh()
    for _ in range(45):
        assert budget.reserve(PATH, 60) == 0
    budget.learn(PATH, headers(100, 90, NOW), NOW)
    assert [budget.reserve(PATH, 60) > 0.9 for _ in range(46)] == [False] * 45 + [True]
    assert budget.reserve("/v5/order/history", 60) > 0.9


def test_of_what_the_venue_allows_a_tenth_is_left_alone() -> None:
    budget = fresh()
    budget.learn(PATH, headers(25, 25, NOW), NOW)
    assert [budget.reserve(PATH, 60) > 0.9 for _ in range(24)] == [False] * 23 + [True]


def test_one_key_at_one_address_has_one_budget() -> None:
    address = secrets.token_hex(8)
    assert budget_of(address, "a") is budget_of(address, "a")
    assert budget_of(address, "a") is not budget_of(address, "b")


@pytest.mark.parametrize(
    ("reset", "least", "most"),
    [(NOW + 400, 0.3, 0.5), (NOW - 400, 0.9, 1.1), (NOW + 10**9, 0.9, 1.1), ("x", 0.9, 1.1), ("", 0.9, 1.1)],
)
def test_after_a_refusal_it_waits_for_the_reset(reset: object, least: float, most: float) -> None:
    budget = fresh()
    budget.refused(PATH, headers("?", "?", reset), NOW)
    assert least <= budget.reserve(PATH, 60) <= most
    assert budget.reserve("/another", 60) == 0


def test_when_others_have_used_the_limit_up_it_waits() -> None:
    budget = fresh()
    budget.learn(PATH, headers(50, 0, NOW + 700), NOW)
    assert 0.6 < budget.reserve(PATH, 60) < 0.8


def test_a_wait_that_is_too_long_reserves_nothing() -> None:
    budget = fresh()
    budget.forbidden(600)
    assert budget.reserve(PATH, 10) > 599
    assert 599 < budget.reserve("/another", 700) <= 600


def test_windows_are_at_most_seven_days_and_leave_nothing_out() -> None:
    for days in (0.5, 7, 7.0000001, 20, 730):
        pieces = list(split(EPOCH, EPOCH + timedelta(days=days)))
        assert pieces[0][0] == EPOCH
        assert pieces[-1][1] == EPOCH + timedelta(days=days)
        assert all(end - start <= LONGEST for start, end in pieces)
        assert all(one[1] == two[0] for one, two in pairwise(pieces))
        assert len(pieces) == -(timedelta(days=-days) // LONGEST)
