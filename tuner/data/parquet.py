"""Parquet files in, plain frames out.

Numbers stay what they are, decimals become numbers, truth values ``True`` and ``False`` as text, dates and times ISO
8601 text, and text that is all numbers becomes numbers: as ``tuner.data.frames`` does with a DataFrame. Lists, structs
and maps are refused by name. What a file claims about itself is compared with the limits before anything is unpacked,
and what it really unpacks to after each row group.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from numpy.typing import NDArray

from tuner.data.cells import to_numbers
from tuner.data.column_arrays import frame_of
from tuner.data.frames import check_cells, check_finite, is_storable, text_forms
from tuner.data.reading import ReadLimits, check_header, check_num_rows
from tuner.errors import InvalidDataset, TooLarge

_LARGEST_EXACT = 2**53
_BYTES_PER_CELL = 8


def read_parquet(path: Path, limits: ReadLimits) -> pd.DataFrame:
    """Read a Parquet file into a plain frame.

    Raises:
        InvalidDataset: It is damaged, or holds columns that no table of numbers, text, truth values and dates has.
        TooLarge: It is over a limit.
    """
    try:
        with pa.memory_map(str(path)) as source, pyarrow.parquet.ParquetFile(source) as file:
            schema = _without_index(file.schema_arrow)
            names = check_header(schema.names, limits)
            _check_types(schema)
            check_num_rows(file.metadata.num_rows, limits)
            _check_claims(file.metadata, path.stat().st_size, limits)
            # Text stays codes and labels: a long label in every row would otherwise unpack to any size.
            texts = [name for name in schema.names if _is_text(schema.field(name).type)]
            columns = _read_groups(pyarrow.parquet.ParquetFile(source, read_dictionary=texts), schema.names, limits)
            plain = {name: _plain(column, name) for name, column in zip(names, columns, strict=True)}
            return frame_of(plain, file.metadata.num_rows)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InvalidDataset(
            f"The Parquet file is damaged, or of a kind that cannot be read: {str(error).strip()[:300].rstrip('.')}.",
            hint="Write it again, and upload all of it; or export the table as CSV.",
        ) from None


def write_parquet(plain: pd.DataFrame, path: Path) -> None:
    """Write a plain frame so that ``read_parquet`` gives it back. The same frame gives the same bytes."""
    texts = [name for name in plain.columns if plain[name].dtype == object]
    arrays = [
        pa.array(plain[name].to_numpy(), type=pa.string() if name in set(texts) else None, from_pandas=True)
        for name in plain.columns
    ]
    pyarrow.parquet.write_table(
        pa.Table.from_arrays(arrays, names=list(plain.columns)),
        path,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,
        write_statistics=False,
        store_schema=False,
    )


def _without_index(schema: pa.Schema) -> pa.Schema:
    """The columns of the table, without a nameless index that pandas stored beside them."""
    try:
        stored = json.loads((schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns", [])
    except (ValueError, AttributeError):
        return schema
    nameless = {name for name in stored if isinstance(name, str) and name.startswith("__index_level_")}
    return pa.schema([field for field in schema if field.name not in nameless])


def _check_types(schema: pa.Schema) -> None:
    unfit = [field for field in schema if not _is_fit(field.type)]
    if unfit:
        shown = ", ".join(f"{field.name!r} ({str(field.type)[:60]})" for field in unfit[:5])
        raise InvalidDataset(
            f"{len(unfit)} columns hold neither numbers, text, truth values nor dates: {shown}"
            f"{', ...' if len(unfit) > 5 else ''}.",
            hint="Turn nested columns into plain ones (pandas: explode, json_normalize) and durations into numbers, "
            "or leave these columns out.",
        )


def _is_fit(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_fit(kind.value_type)
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_null(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_time(kind)
        or _is_text(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    # Some writers store text as bytes.
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _check_claims(metadata: Any, file_bytes: int, limits: ReadLimits) -> None:
    unpacked = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    cells = metadata.num_rows * metadata.num_columns * _BYTES_PER_CELL
    if max(unpacked, cells) > limits.max_bytes:
        raise _too_large(max(unpacked, cells), f"at most {limits.max_bytes:,} are allowed")
    if unpacked > max(limits.harmless_bytes, limits.max_ratio * file_bytes):
        raise _too_large(unpacked, "too much for a file of its size")


def _read_groups(file: Any, names: Sequence[str], limits: ReadLimits) -> list[pa.ChunkedArray]:
    chunks: list[list[pa.Array]] = [[] for _ in names]
    num_bytes = 0
    for index in range(file.num_row_groups):
        group = file.read_row_group(index, columns=list(names), use_threads=False)
        num_bytes += group.nbytes
        if num_bytes > limits.max_bytes:
            raise _too_large(num_bytes, f"at most {limits.max_bytes:,} are allowed")
        for position, name in enumerate(names):
            chunks[position].extend(group.column(name).chunks)
    return [pa.chunked_array(parts) for parts in chunks]


def _too_large(num_bytes: int, why: str) -> TooLarge:
    return TooLarge(f"The Parquet file unpacks to {num_bytes:,} bytes or more: {why}.", hint="Upload a sample.")


def _plain(column: pa.ChunkedArray, name: str) -> NDArray[Any]:
    if pa.types.is_dictionary(column.type) and not _is_text(column.type.value_type):
        column = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks])
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if pa.types.is_integer(column.type) and _is_exact(column):
        whole: NDArray[Any] = column.cast(pa.float64() if column.null_count else pa.int64()).to_numpy()
        return whole
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy()
        check_finite(values, name)
        return values
    return _from_labels(column, name)


def _is_exact(column: pa.ChunkedArray) -> bool:
    """Whether float64 holds all the whole numbers."""
    extremes = pc.min_max(column)
    low, high = extremes["min"].as_py(), extremes["max"].as_py()
    return low is None or bool(low >= -_LARGEST_EXACT and high <= _LARGEST_EXACT)


def _from_labels(column: pa.ChunkedArray, name: str) -> NDArray[Any]:
    """Text, truth values, dates and times, by way of their distinct values."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    encoded = column.unify_dictionaries().combine_chunks()
    encoded = encoded if isinstance(encoded, pa.Array) else pa.concat_arrays(encoded.chunks)
    labels = encoded.dictionary
    if pa.types.is_binary(labels.type) or pa.types.is_large_binary(labels.type):
        labels = _as_text(labels, name)
    tokens = text_forms(labels.to_pylist(), name)
    codes: NDArray[np.int64] = pc.fill_null(encoded.indices.cast(pa.int64()), len(tokens)).to_numpy()
    cells: NDArray[Any] = np.array([*tokens, None], dtype=object)[codes]
    if not is_storable("".join(token for token in tokens if token is not None)):
        check_cells(cells.tolist(), name)
    used = np.zeros(len(tokens) + 1, dtype=bool)
    used[codes] = True
    numbers = to_numbers([token for token, is_used in zip([*tokens, None], used.tolist(), strict=True) if is_used])
    if numbers is None:
        return cells
    spread = np.full(len(tokens) + 1, np.nan) if numbers.dtype == np.float64 else np.zeros(len(tokens) + 1, np.int64)
    spread[used] = numbers
    check_finite(spread[codes], name)
    return spread[codes]


def _as_text(labels: pa.Array, name: str) -> pa.Array:
    try:
        text = labels.cast(pa.large_string() if pa.types.is_large_binary(labels.type) else pa.string())
        text.validate(full=True)
    except pa.ArrowInvalid:
        raise InvalidDataset(
            f"Column {name!r} holds bytes that are no text in UTF-8.", hint="Leave the column out, or store it as text."
        ) from None
    return text
