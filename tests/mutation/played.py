"""The scenarios of `tests.steps` as quick checks: what they expect, and beside it all that is answered and stored."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import psycopg

from tests.steps.play import Play, prepared
from tests.steps.scenarios import scenarios


def played(connection: psycopg.Connection[Any], _: str) -> Mapping[str, Callable[[], bool]]:
    """Checks on an empty database. Before the first mutant each is right, by its own word and by that of `verify`."""
    accounts = prepared(connection)
    found = {}
    for name, scenario in scenarios().items():
        with connection.transaction(force_rollback=True):
            expected = _played(connection, accounts, scenario)
        found[name] = partial(_is_right, connection, accounts, scenario, expected)
    return found


def _is_right(
    connection: psycopg.Connection[Any], accounts: dict[str, int], scenario: Callable[[Play], None], expected: list[Any]
) -> bool:
    try:
        return _played(connection, accounts, scenario) == expected
    except (AssertionError, LookupError, TypeError, AttributeError, ValueError):
        return False  # another answer than one that can be looked into


def _played(
    connection: psycopg.Connection[Any], accounts: dict[str, int], scenario: Callable[[Play], None]
) -> list[Any]:
    play = Play(connection, accounts)
    scenario(play)
    assert play.complaints() == []
    return play.all()
