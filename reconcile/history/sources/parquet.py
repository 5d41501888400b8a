"""Parquet files: typed columns as the text that says the same, exactly."""

from collections.abc import Iterator
from decimal import Decimal
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reconcile.history.sources.chunk import TEXT
from reconcile.history.sources.errors import UnreadableSourceError

MAGIC = b"PAR1"
ROWS = 50_000
_DAMAGED = (OSError, UnicodeDecodeError, pa.ArrowException)


def open_parquet(origin: str, stream: IO[bytes]) -> pq.ParquetFile:
    """Reads the file's footer. Raises UnreadableSourceError for a file that is cut short or damaged."""
    try:
        file = pq.ParquetFile(pa.PythonFile(stream, mode="r"))
        file.schema_arrow.names  # noqa: B018 - reads them
    except _DAMAGED as error:
        raise UnreadableSourceError(origin, None, f"the Parquet file is cut short or damaged: {error}") from None
    return file


def read_tables(origin: str, file: pq.ParquetFile, names: list[str]) -> Iterator[pa.Table]:
    """The columns `names` of some ten thousand rows at a time, as text.

    Numbers keep every digit: decimals and integers as they are, floating-point numbers as the shortest text that is
    read back as the same number. Times keep their unit; one with a zone is given in UTC, one without stays without.
    Raises UnreadableSourceError for a column that is no plain value, and for damaged data.
    """
    for name in names:
        kind = file.schema_arrow.field(name).type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise UnreadableSourceError(origin, None, f"the column {name} holds {kind}, not plain values")
    read = 0
    batches = file.iter_batches(ROWS, columns=names, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            batch.validate(full=True)  # that texts are UTF-8 is not looked at before
            table = pa.table({name: as_text(batch.column(name)) for name in names})
        except _DAMAGED as error:
            raise UnreadableSourceError(origin, read + 1, f"damaged Parquet data: {error}") from None
        read += batch.num_rows
        yield table


def as_text(values: pa.Array) -> pa.Array:
    """Values of any plain type as text; an empty text is NULL."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return as_text(values.dictionary_decode())
    if pa.types.is_decimal(kind):
        return _plain_decimals(pc.cast(values, TEXT))
    if pa.types.is_timestamp(kind) and kind.tz is not None:  # stored in UTC, whatever its zone is called
        return pc.binary_join_element_wise(pc.cast(values.view(pa.timestamp(kind.unit)), TEXT), "Z", "")
    text = values if kind == TEXT else pc.cast(values, TEXT)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, TEXT), text)
    return text


def _plain_decimals(text: pa.Array) -> pa.Array:
    """Arrow writes small decimals with an exponent, 1E-8; nobody wrote them so."""
    small = pc.match_substring(text, "E")
    if not pc.any(small).as_py():
        return text
    plain = [format(Decimal(one), "f") for one in text.filter(small).to_pylist()]
    return pc.replace_with_mask(text, pc.fill_null(small, False), pa.array(plain, TEXT))
