"""Texts in, one JSON object a line, and what was read of each out, line by line."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa

from fangge.command.register_rows import Fault, refuse
from fangge.engine.address.elements import Kind
from fangge.engine.address.filling import fill_divisions
from fangge.engine.address.reading import Readings

BATCH = 1 << 17
ELEMENT = ("start", "end", "kind", "normal", "confidence")
FILLED = ("kind", "normal", "code")


def read_batches(source: Path) -> Iterator[list[str]]:
    """Read the texts of a file of `{"text": …}` lines; a missing text is empty."""
    with source.open(encoding="utf-8", errors="replace") as lines:
        numbered = enumerate(lines, start=1)
        while batch := list(islice(numbered, BATCH)):
            faults: list[Fault] = []
            texts = [_read_line(line, number, faults) for number, line in batch]
            if faults:
                raise refuse(source, faults)
            yield texts


def _read_line(line: str, number: int, faults: list[Fault]) -> str:
    """Give the text of a line; what is wrong with it is added to the faults."""
    try:
        told = json.loads(line)
    except ValueError:
        faults.append((number, "all", 'is not JSON; a line is {"text": …}'))
        return ""
    if not isinstance(told, dict) or "text" not in told:
        faults.append((number, "text", 'is missing; a line is {"text": …}'))
        return ""
    text = told["text"]
    if isinstance(text, dict | list):
        faults.append((number, "text", "is not text"))
    return "" if text is None else str(text)


@contextmanager
def write_whole(target: Path) -> Iterator[BinaryIO]:
    """Write a file that takes its place when it is whole; what fails leaves the old one."""
    if target.exists() and not target.is_file():
        with target.open("wb") as out:
            yield out
        return
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as out:
            yield out
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def write_frame(out: BinaryIO, texts: list[str], rows: pl.DataFrame) -> None:
    """Write a line for each text: itself, then what the row of the same place says.

    A text with a lone surrogate, which UTF-8 cannot hold, is written with an escape.
    """
    held = io.BytesIO()
    plain = pl.Series("text", [_as_utf8(text) for text in texts], dtype=pl.String)
    pl.DataFrame([plain]).hstack(rows).write_ndjson(held)
    held.write(b"" if held.getvalue().endswith(b"\n") else b"\n")
    odd = [i for i, text in enumerate(texts) if not _is_utf8(text)]
    if not odd:
        out.write(held.getbuffer())
        return
    lines = held.getvalue().split(b"\n")
    for i in odd:
        line = json.loads(lines[i]) | {"text": texts[i]}
        lines[i] = json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace")
    out.write(b"\n".join(lines))


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _as_utf8(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def tell_readings(read: Readings) -> pl.DataFrame:
    """Give elements, reader, why, and the divisions that the text leaves out, for each text.

    A group of a village counts as its community, as in the labelled data.
    """
    told = read.elements.with_columns(
        kind=pl.col("kind").replace(Kind.GROUP.value, Kind.COMMUNITY.value),
        confidence=pl.col("confidence").cast(pl.Float64).round(4),
    )
    n_texts = len(read.readers)
    return pl.DataFrame(
        {
            "elements": list_by_row(told, ELEMENT, n_texts),
            "reader": read.readers,
            "why": read.reasons,
            "filled": list_by_row(fill_divisions(read.elements), FILLED, n_texts),
        }
    )


def list_by_row(frame: pl.DataFrame, columns: tuple[str, ...], n_rows: int) -> pl.Series:
    """Group the rows of a frame, sorted by `row`, into a list of structs for each row number."""
    bounds = np.searchsorted(frame["row"].to_numpy(), np.arange(n_rows + 1))
    structs = frame.select(pl.struct(columns)).to_series().to_arrow()
    listed = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(bounds), structs))
    if not isinstance(listed, pl.Series):
        raise TypeError("a list column must come back as a column")
    return listed
