"""A sample of each scenario. All of everything: python -m tests.faults."""

import random
import re
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from tests.documents import ROOT
from tests.faults.__main__ import app
from tests.faults.catalogue import SCENARIOS
from tests.faults.scenario import NotPossibleHereError, Run
from tests.simulation.servers import CrashingServers, crashing_servers


@pytest.fixture(scope="module")
def crashing() -> Iterator[CrashingServers]:
    with crashing_servers() as servers:
        yield servers


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_sample(crashing: CrashingServers, name: str) -> None:
    run = Run(name, random.randrange(10**6), quick=True, servers=crashing, minutes=0.05)
    try:
        SCENARIOS[name](run)
    except NotPossibleHereError as reason:
        pytest.skip(str(reason))
    assert run.problems == [], run.again
    assert run.counts.total() > 0


def test_every_scenario_is_explained() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(SCENARIOS)


def test_a_name_that_is_none_is_refused() -> None:
    done = CliRunner().invoke(app, ["--quick", "earthquake"])
    assert done.exit_code == 2
    assert "earthquake is none of writes, imports" in " ".join(done.output.replace("│", "").split())


def test_a_part_that_is_none_is_refused() -> None:
    done = CliRunner().invoke(app, ["--quick", "--part", "3/2", "writes"])
    assert done.exit_code == 2
    assert "3/2 is no part such as 2/5" in " ".join(done.output.replace("│", "").split())


def test_parts_make_up_the_whole(crashing: CrashingServers) -> None:
    points = range(20)
    parts = [Run("writes", 7, quick=False, servers=crashing, part=(k, 6)).of_part(points) for k in range(1, 7)]
    assert sorted(point for part in parts for point in part) == list(points)
    assert Run("writes", 7, quick=False, servers=crashing).of_part(points) == points


def test_what_is_printed_does_the_same_again(crashing: CrashingServers) -> None:
    soak = Run("soak", 7, quick=True, servers=crashing, minutes=0.05, actions=30)
    assert soak.again == "python -m tests.faults --seed 7 --quick --minutes 0.05 --actions 30 soak"
    part = Run("writes", 7, quick=False, servers=crashing, part=(2, 6))
    assert part.again == "python -m tests.faults --seed 7 --part 2/6 writes"
