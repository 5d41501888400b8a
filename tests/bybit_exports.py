"""What tests of Bybit's exports share."""

from pathlib import Path

from tests.reading import Reading, read_text

STATEMENT = "UID: 100000001,Company Name: ,Country:\n"
EXECUTION = "751c8dba-bdeb-5d0c-9dd3-dda6bf98cdaf"
ORDER = "c18b72e4-1bf7-4c30-9b99-ba3274066029"


def one(folder: Path, header: str, row: str) -> dict[str, str]:
    found = read_text(folder, f"{header}\n{row}\n")
    assert not found.rejected
    (cells,) = found.cells
    return cells


def layout(found: Reading) -> str:
    (name,) = found.source.layouts.values()
    return str(name)
