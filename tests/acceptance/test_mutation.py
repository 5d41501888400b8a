"""The search for mutants that nobody notices works, in small: `python -m tests.mutation` is the whole of it."""

import random
from functools import cache
from typing import Any

import psycopg
import pytest

from tests.mutation.catalogue import python_files, sql_files
from tests.mutation.mutant import ROOT, Mutant
from tests.mutation.python_mutants import python_mutants
from tests.mutation.quick import Quick
from tests.mutation.replay import Replay
from tests.mutation.sql_mutants import definition_of, sql_mutants
from tests.mutation.survivors import Survivors

SCENARIOS = (
    "linear 0 1000PEPEUSDT, one by one, mixed",
    "spot 0 ETHUSDT, in batches, mixed",
    "inverse 0 BTCUSD, one by one",
)
# Sure to be seen by these few scenarios, one of each kind.
SEEN = {
    "sql/functions/apply_fill.sql": {
        ("open_lot", "statement: b.size := b.size + qty -> NULL"),
        ("close_lots", "column: exit_commission -> entry_commission"),
        ("close_lots", "function: least -> greatest"),
        ("less_closed", "statement: b.trades := b.trades + 1 -> NULL"),
        ("apply_fill", "condition: closing > 0 -> false"),
    },
    "sql/functions/derive.sql": {
        ("derive_steps", "function: least -> greatest"),
        ("derive_steps", "order: t.exec_id -> t.exec_id DESC"),
        ("derive_trades", "default: coalesce(lag(at) OVER o, 0) -> (lag(at) OVER o)"),
    },
    "sql/functions/money.sql": {("gross_pnl", "text: 'inverse' -> 'mutant'"), ("share", "arithmetic: - -> +")},
}


@cache
def mutants(name: str) -> list[Mutant]:
    return list(sql_mutants(ROOT / name))


@pytest.fixture
def quick(connection: psycopg.Connection[Any]) -> Quick:
    return Quick(connection, Replay(connection, SCENARIOS).checks)


def test_mutants_are_seen(quick: Quick) -> None:
    for name, wanted in SEEN.items():
        found = [mutant for mutant in mutants(name) if (mutant.scope, mutant.key) in wanted]
        assert {(mutant.scope, mutant.key) for mutant in found} == wanted
        for mutant in found:
            outcome = quick.difference(mutant, definition_of(mutant))
            assert outcome is not None, f"{mutant.key}\n{mutant.diff()}"
            assert outcome[0] == "failed", f"{outcome}\n{mutant.diff()}"


def test_what_changes_nothing_survives_and_what_is_no_sql_does_not_count(quick: Quick) -> None:
    text = (ROOT / "sql/functions/money.sql").read_text(encoding="utf-8")
    place = text.index("trading.half_even(total * x, whole)")
    same = Mutant("sql/functions/money.sql", "share_of_first", "none", place, place, " ")
    assert quick.difference(same, definition_of(same)) is None
    broken = Mutant("sql/functions/money.sql", "share_of_first", "none", place, place, "unknown_column + ")
    assert quick.difference(broken, definition_of(broken)) == ("invalid", "definition")


def test_every_file_has_mutants() -> None:
    for path in sql_files():
        found = mutants(path.relative_to(ROOT).as_posix())
        assert len(found) > 5, path
        chosen = random.Random(1).choice(found)
        assert chosen.mutated() != path.read_text(encoding="utf-8")
        assert chosen.diff().count("\n+") >= 1


def test_a_python_module_has_mutants_that_compile() -> None:
    found = list(python_mutants(ROOT / "reconcile/history/journal.py"))
    assert len(found) > 20
    for mutant in found[::20]:
        compile(mutant.mutated(), mutant.file, "exec")


def test_what_is_listed_as_equivalent_is_a_mutant() -> None:
    listed = Survivors.load(ROOT / "tests/mutation/survivors.toml")
    scopes: dict[str, set[str]] = {}
    for file, scope, _ in listed.reasons:
        scopes.setdefault(file, set()).add(scope)
    known = [mutant for path in sql_files() for mutant in mutants(path.relative_to(ROOT).as_posix())]
    for path in python_files():
        if named := scopes.get(path.relative_to(ROOT).as_posix()):
            known += python_mutants(path, named)
    assert scopes.keys() <= {mutant.file for mutant in known}
    assert listed.reasons
    assert listed.gone(known) == []
