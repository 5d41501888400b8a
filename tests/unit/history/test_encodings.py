import codecs
from pathlib import Path

import pytest

from tests.reading import CELLS, HEADER, ROW, many, read_text, refused

TEXT = f"{HEADER},close_reason\n{ROW},Ausstieg über Stopp – 15 €\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
    ],
)
def test_unicode_is_told_by_its_mark(tmp_path: Path, content: bytes) -> None:
    assert read_text(tmp_path, content).cells == [CELLS | {"close_reason": "Ausstieg über Stopp – 15 €"}]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16", "utf-8-sig", "UTF8"])
def test_an_encoding_can_be_given(tmp_path: Path, encoding: str) -> None:
    found = read_text(tmp_path, TEXT.encode(encoding), encoding=encoding)
    assert found.cells[0]["close_reason"] == "Ausstieg über Stopp – 15 €"


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, TEXT, encoding="klingon").reason == "no encoding is called klingon"


def test_a_byte_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, f"{HEADER}\n{ROW}\n".encode() + b"BTC\xffUSDT,Buy,1,2,x\n" + ROW.encode())
    assert error.line == 3
    assert error.reason == "the byte 0xff is not utf-8: name the file's own encoding (--encoding)"


def test_a_byte_far_into_the_file_is_refused_with_its_line(tmp_path: Path) -> None:
    lines = many(150_000).encode().splitlines(keepends=True)
    lines[120_000] = b"BTC\xe4USDT,Buy,1,2,x\n"
    assert refused(tmp_path, b"".join(lines)).line == 120_001


@pytest.mark.parametrize("encoding", ["utf-16-le", "ascii", "cp1252"])
def test_a_byte_that_is_not_in_the_encoding_given_is_refused_with_its_line(tmp_path: Path, encoding: str) -> None:
    bad = {"utf-16-le": b"\x00\xd8\x00\xd8", "ascii": b"\xc3\xa4", "cp1252": b"\x81"}[encoding]
    content = many(50_000).encode(encoding) + bad + "\n".encode(encoding)
    assert refused(tmp_path, content, encoding=encoding).line == 50_002


def test_half_a_character_at_the_end_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, TEXT.encode("utf-16")[:-1]).line == 2
