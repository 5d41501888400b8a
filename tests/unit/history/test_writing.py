"""Rows as COPY takes them."""

from itertools import pairwise

import pyarrow as pa
import pytest

from reconcile.history.writing import encoded

MOMENT = pa.array([1_700_000_000_123_456, 0], pa.timestamp("us", "UTC"))
ROWS = pa.table({"number": [4, 5], "time": MOMENT, "text": ['a,"b"', None], "more": ["1.50", "\\x0a"]})
EXPECTED = b'4,"2023-11-14 22:13:20.123456Z","a,""b""","1.50"\n5,"1970-01-01 00:00:00.000000Z",,"\\x0a"\n'


@pytest.mark.parametrize("cuts", [(0, 2), (0, 1, 2), (0, 0, 2), (0, 0, 0, 1, 1, 2, 2)], ids=str)
def test_rows_in_any_pieces(cuts: tuple[int, ...]) -> None:
    pieces = [ROWS.slice(start, stop - start) for start, stop in pairwise(cuts)]

    assert bytes(encoded(pa.concat_tables(pieces))) == EXPECTED
