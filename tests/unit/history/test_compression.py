import bz2
import gzip
import io
import lzma
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from tests.reading import CELLS, HEADER, ROW, gzipped, many, read_text, refused


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


def zipped(*members: tuple[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return content.getvalue()


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": partial(lzma.compress, preset=0),
    "zstd": zstd,
    "zip": lambda data: zipped(("history.csv", data.decode())),
}
every_kind = pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)


@every_kind
def test_compression_is_told_by_the_content(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    found = read_text(tmp_path, compress(f"{HEADER}\n{ROW}\nshort\n{ROW}\n".encode()))
    assert found.cells == [CELLS, CELLS]
    assert found.lines == [2, 4]
    assert found.rejected[0].line == 3
    assert found.done[-1] == found.source.total


@every_kind
def test_a_file_that_is_cut_short_is_refused_with_the_line_reached(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    whole = compress(many(200_000).encode())
    error = refused(tmp_path, whole[: len(whole) * 3 // 4])
    assert "cut short" in error.reason
    assert error.line is None if compress is COMPRESSORS["zip"] else 1 <= (error.line or 0) < 200_000


def test_the_line_reached_is_far_into_the_file(tmp_path: Path) -> None:
    whole = gzipped(many(200_000))
    assert (refused(tmp_path, whole[: len(whole) * 3 // 4]).line or 0) > 100_000


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, COMPRESSORS["zip"]])  # with checksums
def test_damaged_content_is_refused(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    whole = bytearray(compress(many(20_000).encode()))
    middle = len(whole) // 2
    whole[middle : middle + 20] = bytes(20)
    assert "damaged" in refused(tmp_path, bytes(whole)).reason


def test_only_the_checksum_missing_is_cut_short_too(tmp_path: Path) -> None:
    assert "cut short" in refused(tmp_path, gzipped(f"{HEADER}\n{ROW}\n")[:-4]).reason


def test_gzip_files_put_together_are_one(tmp_path: Path) -> None:
    assert len(read_text(tmp_path, gzipped(f"{HEADER}\n{ROW}\n") + gzipped(f"{ROW}\n")).rows) == 2


def test_each_member_of_an_archive_is_a_file(tmp_path: Path) -> None:
    content = zipped(("a.csv", f"{HEADER}\n{ROW}\n"), ("folder/b.csv", f"{HEADER}\n{ROW}\n{ROW}\n"))
    found = read_text(tmp_path, content)
    assert len(found.rows) == 3
    assert list(found.source.layouts) == [f"{tmp_path}/history:a.csv", f"{tmp_path}/history:folder/b.csv"]


def test_excel_files_are_refused_by_name(tmp_path: Path) -> None:
    assert "Excel" in refused(tmp_path, zipped(("[Content_Types].xml", "<x/>"), ("xl/workbook.xml", "<x/>"))).reason
    assert "Excel" in refused(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").reason


READ_STDIN = """
from reconcile.history.sources.files import FileSource
source = FileSource(["-"])
for batch in source.batches():
    print(source.name, source.total, batch.origin, batch.lines.to_pylist(), batch.rows.column("exec_price").to_pylist())
"""


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd], ids=["plain", "gzip", "zstd"])
def test_standard_input(compress: Callable[[bytes], bytes]) -> None:
    content = compress(f"{HEADER}\n{ROW}\n".encode())
    run = subprocess.run([sys.executable, "-c", READ_STDIN], input=content, capture_output=True, check=True)
    assert run.stdout.decode().strip() == "standard input None standard input [2] ['100.50']"


def test_an_archive_on_standard_input_is_refused() -> None:
    content = zipped(("a.csv", f"{HEADER}\n{ROW}\n"))
    run = subprocess.run([sys.executable, "-c", READ_STDIN], input=content, capture_output=True, check=False)
    assert b"give it as a file" in run.stderr
