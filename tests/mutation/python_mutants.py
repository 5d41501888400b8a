"""Every mutant of a Python module, by the operators of Cosmic Ray."""

from collections.abc import Container, Iterator
from itertools import takewhile
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.ast.ast_query import ASTQuery
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from tests.mutation.mutant import ROOT, Mutant

# Of the operators that replace one symbol by any other, those whose mistake a person makes.
_WORD = "_.<>=!*/"
_OPERATORS = (
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")
    ),
    *(
        f"ReplaceBinaryOperator_{pair}"
        for pair in ("Add_Sub", "Sub_Add", "Mul_FloorDiv", "Div_Mul", "FloorDiv_Mul", "Mod_Mul", "Pow_Mul")
    ),
    "ReplaceUnaryOperator_Delete_USub", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_Invert",
    "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "NumberReplacer",
    "ZeroIterationForLoop", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
)  # fmt: skip


def python_mutants(path: Path, scopes: Container[str] | None = None) -> Iterator[Mutant]:
    """The mutants of a module, or only of functions of these names, in the order of its lines."""
    text = path.read_text(encoding="utf-8")
    file = path.relative_to(ROOT).as_posix()
    yield from sorted(
        _mutants(file, text, scopes), key=lambda mutant: (mutant.start, mutant.operator, mutant.replacement)
    )


def _mutants(file: str, text: str, scopes: Container[str] | None) -> Iterator[Mutant]:
    tree = get_ast(text)
    for name in _OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [node for node in ast_nodes(tree) for _ in operator.mutation_positions(node)]
        for occurrence, node in enumerate(places):
            scope = ASTQuery(node).get_definition_name() or "module"
            if scopes is not None and scope not in scopes:
                continue
            mutated = mutate_code(text, operator, occurrence)
            if mutated is not None and mutated != text:
                start, end, replacement = _change(text, mutated)
                if text[text.rfind("\n", 0, start) + 1 :].startswith("@dataclass"):
                    continue  # what is forbidden by a dataclass, mypy forbids as well
                yield Mutant(file, scope, name, start, end, replacement)


def _change(text: str, mutated: str) -> tuple[int, int, str]:
    """What differs, as characters [start, end) of the text and what stands there instead, in whole words."""
    start = _common(text, mutated)
    same = _common(text[start:][::-1], mutated[start:][::-1])
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in _WORD):
        start -= 1
    while same > 0 and (text[len(text) - same].isalnum() or text[len(text) - same] in _WORD):
        same -= 1
    return start, len(text) - same, mutated[start : len(mutated) - same]


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
