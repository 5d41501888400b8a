from typing import Any

import psycopg
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine import Surroundings
from tests.machine_fills import FillsMachine
from tests.machine_sequence import SequenceMachine


@pytest.mark.timeout(0)
def test_ledger_agrees_with_the_oracle(database_url: str, redis_url: str, connection: psycopg.Connection[Any]) -> None:
    """Random lives of a ledger. HYPOTHESIS_PROFILE=long runs many more of them."""

    class Life(FillsMachine, SequenceMachine):
        around = Surroundings(database_url, redis_url, connection)

    run_state_machine_as_test(Life, settings=settings(stateful_step_count=25))
