"""The records of a staged CSV file, in blocks, for DuckDB to read.

Snowflake finds out the compression by itself; here the first two bytes tell gzip. A record ends at a line feed, a
carriage return before it belongs to the line end.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false, reportUnknownParameterType=false
# pyarrow is untyped

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

BLOCK_BYTES = 16 * 1024 * 1024
BATCH_ROWS = 16_384
_GZIP_MAGIC = b"\x1f\x8b"
_SCHEMA = pa.schema([("line", pa.string()), ("number", pa.int64())])


class DamagedFileError(Exception):
    """The file cannot be read to its end; the message is worded as Snowflake does."""


def line_blocks(body: IO[bytes], file_name: str, *, replace_invalid: bool) -> Iterator[Any]:
    """Arrow tables of (line, number), numbers counting from 1; line ends are left out.

    Args:
        body: the object's bytes.
        file_name: for the message.
        replace_invalid: whether bytes that are not UTF-8 become U+FFFD, or make the file unreadable.

    Raises:
        DamagedFileError: broken compression, or invalid UTF-8. What came before has been yielded already.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace" if replace_invalid else "strict")
    start, first = 1, True
    try:
        for block in _whole_lines(_decompressed(body)):
            text = decoder.decode(block, final=True)
            if first:
                text, first = text.removeprefix("\ufeff"), False
            table = _table(text, start)
            start += table.num_rows
            yield table
    except (OSError, EOFError, zlib.error) as error:
        message = (
            f"Invalid data encountered during decompression for file: '{file_name}',"
            f"compression type used: 'GZIP', cause: '{error}'"
        )
        raise DamagedFileError(message) from error
    except UnicodeDecodeError as error:
        message = f"Invalid UTF8 detected in string '0x{error.object[error.start : error.end].hex()}'"
        raise DamagedFileError(message) from error


def _decompressed(body: IO[bytes]) -> IO[bytes]:
    magic = body.read(2)
    body.seek(0)
    return gzip.GzipFile(fileobj=body, mode="rb") if magic == _GZIP_MAGIC else body  # pyright: ignore[reportReturnType] - it reads like one


def _whole_lines(source: IO[bytes]) -> Iterator[bytes]:
    """Blocks that end at the end of a line, without its line feed."""
    rest: list[bytes] = []
    while block := source.read(BLOCK_BYTES):
        lines, feed, tail = block.rpartition(b"\n")
        if feed:
            yield b"".join([*rest, lines])
            rest = []
        rest.append(tail)
    if last := b"".join(rest):
        yield last


def _table(text: str, start: int) -> Any:
    lines = pc.split_pattern(pa.array([text.replace("\r\n", "\n").removesuffix("\r")]), "\n").values
    table = pa.Table.from_arrays([lines, pa.array(range(start, start + len(lines)), pa.int64())], schema=_SCHEMA)
    # Several batches, because DuckDB gives a batch to one thread.
    return pa.Table.from_batches(table.to_batches(max_chunksize=BATCH_ROWS))
