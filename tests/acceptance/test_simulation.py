"""Some seeds of the simulation, each with few actions. Many, with many: python -m tests.simulation."""

import random
from collections.abc import Iterator

import pytest

from tests.simulation.plan import make_scenario
from tests.simulation.run import run_seed
from tests.simulation.servers import CrashingServers, crashing_servers

STEPS = 40


@pytest.fixture(scope="module")
def crashing() -> Iterator[CrashingServers]:
    with crashing_servers() as servers:
        yield servers


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(2))
def test_a_seed(crashing: CrashingServers, number: int) -> None:
    seed = random.randrange(1_000_000)
    verdict = run_seed(crashing, seed, STEPS)
    again = f"python -m tests.simulation --seeds {seed} --steps {STEPS}"
    assert verdict.problems == [], again
    assert verdict.executions > 0, again


def test_a_seed_means_one_script() -> None:
    assert make_scenario(7, 200) == make_scenario(7, 200)
    assert make_scenario(7, 200) != make_scenario(8, 200)
