"""Bytes into UTF-8 and into blocks that end where a record ends, with the line at which each begins."""

import codecs
import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, cast

from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.opening import BROKEN

READ = 1 << 20
BLOCK = 4 << 20
# No record of an export is longer; a quotation mark that is never closed would swallow the rest of the file.
LONGEST = 16 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

Block = tuple[int, bytes]  # the line at which it begins, its UTF-8


def utf8(origin: str, stream: IO[bytes], encoding: str | None) -> Iterator[bytes]:
    """The stream as UTF-8 without a byte order mark, a megabyte at a time.

    Args:
        origin: what errors name.
        stream: decompressed bytes.
        encoding: of the text; default: by its byte order mark, else UTF-8. UTF-8 is not checked here.

    Raises UnreadableSourceError for a stream that is cut short or damaged and for text that is not in `encoding`,
    each with the line that was reached.
    """
    line = 1
    chunks = _utf8(origin, stream, encoding)
    while True:
        try:
            chunk = next(chunks, None)
        except BROKEN as error:
            reason = f"the compressed data is cut short or damaged: {str(error) or type(error).__name__}"
            raise UnreadableSourceError(origin, line, reason) from None
        if chunk is None:
            return
        line += chunk.count(b"\n")
        yield chunk


def blocks(origin: str, chunks: Iterator[bytes], *, quotes: bool, size: int = BLOCK) -> Iterator[Block]:
    """Some megabytes at a time, cut behind a line end; with `quotes` one that is not inside quotation marks.

    Raises UnreadableSourceError for a line, or a text in quotation marks, that does not end.
    """
    line, rest = 1, b""
    for chunk in chunks:
        rest += chunk
        if len(rest) < size:
            continue
        end = _record_end(rest) if quotes else rest.rfind(b"\n") + 1
        if end:
            yield line, rest[:end]
            line += _line_ends(rest[:end]) if quotes else rest.count(b"\n", 0, end)
            rest = rest[end:]
        if len(rest) >= LONGEST:
            raise UnreadableSourceError(origin, *_unending(rest, line))
    if rest:
        yield line, rest


def decode(origin: str, line: int, block: bytes) -> str:
    """The block's text. Raises UnreadableSourceError with the line of the first byte that is no UTF-8."""
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(origin, line + block.count(b"\n", 0, error.start), error) from None


def _utf8(origin: str, stream: IO[bytes], encoding: str | None) -> Iterator[bytes]:
    chunks = _pieces(stream)
    first = next(chunks, b"")
    marked, mark = next(((name, mark) for mark, name in _MARKS if first.startswith(mark)), (None, b""))
    name = _known(origin, encoding) if encoding else marked or "utf-8"
    if mark and (encoding is None or name == marked or (name == "utf-16" and marked)):
        first, name = first[len(mark) :], marked or name
    if name == "utf-8":
        yield from chain((first,), chunks)
        return
    yield from _transcoded(origin, name, chain((first,), chunks))


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """About a megabyte at a time; before an error all that could still be read."""
    source = cast("io.BufferedReader", stream)
    ended = False
    while not ended:
        found: list[bytes] = []
        size = 0
        broken: Exception | None = None
        while size < READ and not ended:
            try:
                data = source.read1(READ)
            except BROKEN as error:
                broken, ended = error, True
                break
            ended = not data
            found.append(data)
            size += len(data)
        if size:
            yield b"".join(found)
        if broken:
            raise broken


def _transcoded(origin: str, name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)("strict")
    line = 1
    for data in chain(chunks, (b"",)):
        try:
            text = decoder.decode(data, final=not data)
            encoded = text.encode()  # some encodings can write half of a surrogate pair, which is no text
        except UnicodeError as error:
            raise _not_in(origin, name, line, error) from None
        line += text.count("\n")
        if encoded:
            yield encoded


def _known(origin: str, encoding: str) -> str:
    try:
        "x".encode(encoding)  # not every codec is one between text and bytes
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise UnreadableSourceError(origin, None, f"no encoding is called {encoding}") from None


def _not_in(origin: str, name: str, line: int, error: UnicodeError) -> UnreadableSourceError:
    if not isinstance(error, UnicodeDecodeError):
        return UnreadableSourceError(origin, line, f"this is not {name}: {error} (--encoding)")
    with suppress(UnicodeError):
        line += error.object[: error.start].decode(name, "ignore").count("\n")
    return _undecodable(origin, line, error)


def _undecodable(origin: str, line: int, error: UnicodeDecodeError) -> UnreadableSourceError:
    shown = error.object[error.start : error.start + 1].hex()
    reason = f"the byte 0x{shown} is not {error.encoding}: name the file's own encoding (--encoding)"
    return UnreadableSourceError(origin, line, reason)


def _line_ends(data: bytes) -> int:
    """The csv module counts a carriage return alone as a line end, too."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _record_end(data: bytes) -> int:
    """Behind the last line end before which all quotation marks come in pairs; 0 if there is none."""
    end = data.rfind(b"\n") + 1
    odd = data.count(b'"', 0, end) % 2
    while end and odd:
        before = data.rfind(b"\n", 0, end - 1) + 1
        odd ^= data.count(b'"', before, end) % 2
        end = before
    return end


def _unending(data: bytes, line: int) -> tuple[int, str]:
    if b"\n" not in data:
        return line, f"no line end in {len(data) >> 20} MB: this is not a file of lines"
    for number, content in enumerate(data.split(b"\n")):
        if content.count(b'"') % 2:
            return line + number, "a quotation mark that is never closed"
    return line, "a record without an end"
