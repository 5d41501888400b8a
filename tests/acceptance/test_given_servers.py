"""The servers that the tests are told to run on are those that they run on, however many processes share the work."""

import os
import subprocess
import sys

import pytest

_NOBODY = "postgresql://nobody@127.0.0.1:1/nowhere"
_ONE = "tests/integration/test_accounts_apart.py"


@pytest.mark.parametrize("processes", ["0", "1"])
def test_no_server_takes_the_place_of_one_that_is_given(processes: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", processes, "-p", "no:cacheprovider", _ONE],
        env={**os.environ, "LEDGER_DATABASE_URL": _NOBODY},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == pytest.ExitCode.TESTS_FAILED, found.stdout
    assert "OperationalError" in found.stdout
