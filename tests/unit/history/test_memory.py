"""A history of any size is read in the same memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reading import HEADER

PROGRAM = """
import resource, sys
from reconcile.history.sources.files import FileSource
rows = largest = 0
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
for batch in FileSource(sys.argv[1:]).batches():
    rows += batch.rows.num_rows
    largest = max(largest, batch.rows.num_rows)
print(rows, largest, peak() - before)
"""
CSV = "BTCUSDT,Buy,64000.5,0.012,2024-01-01T00:00:00Z,751c8dba-bdeb-5d0c-9dd3-dda6bf98cdaf\n"


def measure(*paths: Path) -> tuple[int, int, int]:
    """Rows, rows of the largest batch, and megabytes on top of what the program needs itself."""
    run = subprocess.run([sys.executable, "-c", PROGRAM, *map(str, paths)], capture_output=True, check=True)
    rows, largest, megabytes = map(int, run.stdout.split())
    return rows, largest, megabytes


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
def test_a_hundred_megabytes_are_read_in_less_than_that(tmp_path: Path) -> None:
    path = tmp_path / "fills.csv"
    count = 100_000_000 // len(CSV)
    with path.open("w") as file:
        file.write(f"{HEADER},exec_id\n")
        file.writelines([CSV * 1000] * (count // 1000))
    rows, largest, megabytes = measure(path)
    assert rows == count // 1000 * 1000
    assert largest < 100_000
    assert megabytes < 95
