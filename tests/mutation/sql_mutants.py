"""Every mutant of a SQL file."""

from collections.abc import Iterator
from pathlib import Path

from tests.mutation import sql_clauses, sql_operators
from tests.mutation.mutant import ROOT, Mutant
from tests.mutation.sql_body import Body
from tests.mutation.sql_tokens import definitions

_MUTATORS = {
    "comparison": sql_operators.comparisons,
    "arithmetic": sql_operators.arithmetic,
    "connective": sql_operators.connectives,
    "negation": sql_operators.negations,
    "constant": sql_operators.constants,
    "text": sql_operators.texts,
    "function": sql_operators.functions,
    "column": sql_operators.columns,
    "order": sql_clauses.orders,
    "key": sql_clauses.keys,
    "condition": sql_clauses.conditions,
    "conjunct": sql_clauses.conjuncts,
    "default": sql_clauses.defaults,
    "filter": sql_clauses.filters,
    "join": sql_clauses.joins,
    "statement": sql_clauses.statements,
}


def sql_mutants(path: Path) -> Iterator[Mutant]:
    """The mutants of a file of `sql/functions` or `sql/views`, in the order of its lines."""
    text = path.read_text(encoding="utf-8")
    file = path.relative_to(ROOT).as_posix()
    for definition in definitions(path):
        body = Body(text, definition.body)
        found = {
            Mutant(file, definition.name, operator, edit.start, edit.end, edit.text)
            for operator, mutate in _MUTATORS.items()
            for edit in mutate(body)
            if text[edit.start : edit.end] != edit.text
        }
        yield from sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.operator, mutant.replacement))


def definition_of(mutant: Mutant) -> str:
    """What creates the mutant's function or view."""
    found = next(one for one in definitions(ROOT / mutant.file) if one.start <= mutant.start < one.end)
    grown = len(mutant.replacement) - (mutant.end - mutant.start)
    return mutant.mutated()[found.start : found.end + grown]
