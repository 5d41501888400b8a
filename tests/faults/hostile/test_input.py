"""A few of the inputs that the fuzzer tries for hours, and all those that once showed a defect."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.hostile.catalogue import TARGETS
from tests.faults.hostile.target import Check, Target
from tests.servers import Servers

WITH_CORPUS = [(name, path) for name, target in TARGETS.items() for path in target.corpus]


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_whatever_comes_over_a_border(target: Target, servers: Servers) -> None:
    with target.opened(servers) as check:
        given(target.strategy)(_passing(check))()


def _passing(check: Check) -> Callable[[Any], None]:
    def example(value: Any) -> None:
        check(value)

    return example


@pytest.mark.parametrize("name", sorted({name for name, _ in WITH_CORPUS}))
def test_what_once_showed_a_defect(name: str) -> None:
    target = TARGETS[name]
    with target.opened(None) as check:
        for path in target.corpus:
            check(path.read_bytes())


def test_bytes_are_tried_from_a_corpus() -> None:
    assert {name for name, target in TARGETS.items() if target.values is None} == {name for name, _ in WITH_CORPUS}
    assert isinstance(TARGETS["csv"].strategy, st.SearchStrategy)
