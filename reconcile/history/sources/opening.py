"""Opening files: what compression they have is told by their content, never by their name."""

import bz2
import gzip
import io
import lzma
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from reconcile.history.sources.errors import UnreadableSourceError

STDIN = "-"
# A stream that ends too early or is damaged; pyarrow's zstd raises OSError.
BROKEN = (EOFError, OSError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, pa.ArrowInvalid)
# What zipfile raises for an archive whose index says what cannot be.
_BROKEN_ARCHIVE = (*BROKEN, IndexError, NotImplementedError, OverflowError, RuntimeError, ValueError, struct.error)
_OFFICE = b"\xd0\xcf\x11\xe0"


class Counted(io.RawIOBase):
    """A stream that knows how many bytes of it were read."""

    def __init__(self, stream: io.BufferedReader) -> None:
        super().__init__()
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Whether the stream below is."""
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves in the stream below."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """The place in the stream below."""
        return self._stream.tell()

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Reads what there is, up to the size of `buffer`."""
        # One system call at a time: a signal between two of them would only be seen behind the last.
        data = self._stream.read1(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)

    def close(self) -> None:
        """Closes the stream below, but never standard input."""
        if not self.closed and self._stream is not sys.stdin.buffer:
            self._stream.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Part:
    """One decompressed stream: a file, or a member of a ZIP archive."""

    origin: str
    stream: IO[bytes]
    plain: bool = False  # the file itself, in which a reader may go back and forth


def starts_with(part: Part, magic: bytes) -> bool:
    """Whether the content begins so. A damaged stream begins with nothing: reading it will say what is wrong."""
    try:
        return cast("io.BufferedReader", part.stream).peek(len(magic)).startswith(magic)
    except BROKEN:
        return False


def find_files(patterns: list[str]) -> list[str]:
    """The files behind names and patterns, each once, in the order given, those of one pattern by name.

    Raises UnreadableSourceError for what names no file.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        if pattern == STDIN or Path(pattern).is_file():
            matches = [pattern]
        elif has_magic(pattern):
            matches = sorted(name for name in glob(pattern, recursive=True) if Path(name).is_file())  # noqa: PTH207
        else:
            matches = []
        if not matches:
            kind = "is a folder; name its files, as in folder/*.csv" if Path(pattern).is_dir() else "no such file"
            raise UnreadableSourceError(pattern, None, kind)
        found.update(dict.fromkeys(matches))
    return list(found)


@contextmanager
def opened(name: str) -> Iterator[Counted]:
    """The bytes of the file or of standard input as they are."""
    try:
        stream = sys.stdin.buffer if name == STDIN else Path(name).open("rb")  # noqa: SIM115
    except OSError as error:
        raise UnreadableSourceError(name, None, error.strerror or str(error)) from error
    with Counted(cast("io.BufferedReader", stream)) as counted:
        yield counted


def parts(name: str, counted: Counted) -> Iterator[Part]:
    """The decompressed streams of one opened file; several for a ZIP archive.

    Raises UnreadableSourceError for what no reader understands.
    """
    origin = "standard input" if name == STDIN else name
    buffered = io.BufferedReader(counted, 1 << 20)
    try:
        start = buffered.peek(8)[:8]
    except OSError as error:
        raise UnreadableSourceError(origin, None, error.strerror or str(error)) from error
    if start.startswith(_OFFICE):
        raise UnreadableSourceError(origin, None, "an Excel file of the old kind; save it as CSV")
    if start.startswith(b"PK\x03\x04"):
        yield from _members(origin, cast("IO[bytes]", buffered), counted)
        return
    for magic, decompress in _BY_MAGIC.items():
        if start.startswith(magic):
            yield Part(origin, decompress(buffered))
            return
    yield Part(origin, buffered, plain=counted.seekable())


def _zstd(stream: IO[bytes]) -> IO[bytes]:
    content = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")
    return io.BufferedReader(cast("io.RawIOBase", content), 1 << 20)


_BY_MAGIC: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda stream: cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb")),
    b"BZh": lambda stream: cast("IO[bytes]", bz2.BZ2File(stream)),
    b"\xfd7zXZ\x00": lambda stream: cast("IO[bytes]", lzma.LZMAFile(stream)),  # noqa: SIM115
    b"\x28\xb5\x2f\xfd": _zstd,
}


def _members(origin: str, stream: IO[bytes], counted: Counted) -> Iterator[Part]:
    if not counted.seekable():
        raise UnreadableSourceError(origin, None, "a ZIP archive has its index at the end: give it as a file")
    try:
        archive = zipfile.ZipFile(stream)
    except _BROKEN_ARCHIVE as error:
        raise UnreadableSourceError(origin, None, f"a ZIP archive that is damaged or cut short ({error})") from None
    with archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        names = [name for name in names if not name.startswith("__MACOSX/")]  # not the user's: macOS adds them
        if "[Content_Types].xml" in names:
            raise UnreadableSourceError(origin, None, "an Excel workbook; save its sheet as CSV")
        for member in names:
            try:
                content = archive.open(member)
            except _BROKEN_ARCHIVE as error:  # a password, a method of compression, damage
                raise UnreadableSourceError(f"{origin}:{member}", None, str(error)) from None
            with content:
                yield Part(f"{origin}:{member}", content)
