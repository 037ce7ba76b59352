"""Read extracts a slice at a time, so that memory does not grow with the file."""

import contextlib
import csv
import sqlite3
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pyogrio.errors
import shapely
from django.conf import settings
from openpyxl import load_workbook

from fangge.fusion.rules.contracts import Contract
from fangge.kernel.errors import Invalid

SLICE_ROWS = 20_000
COUNTED = ("row_no", "n_cells", "n_expected")
POSITIONS = ("经度", "纬度")
KNOWN_CRS = ("EPSG:4490", "EPSG:4326")
MOST_SHEET_ROWS = 1_048_576
SUSPECT_BYTES = 16 * 2**20
MOST_PACKED = 200
"""Times that a part of a workbook is packed; sheets of people and places stay far below."""
HEADS = {"xlsx": b"PK\x03\x04", "parquet": b"PAR1", "geopackage": b"SQLite format 3\x00"}
"""How a file of each kind begins; a CSV begins as none of them and holds no zero byte."""
HEAD_BYTES = 4096
csv.field_size_limit(10_000_000)


class FileUnreadable(Invalid):
    """The file is not what its contract says; nothing of it was taken."""


def read_slices(path: Path, contract: Contract) -> Iterator[pl.DataFrame]:
    """Give the file's rows as text: row_no, n_cells, n_expected and each field of the contract.

    Raises `FileUnreadable` when the file is of another kind, lacks columns or breaks off.
    """
    if not path.is_file():
        raise FileUnreadable(f"There is no file {path}.")
    if contract.kind == "screen":
        raise FileUnreadable(f"{contract.code} is kept on the screen: it takes no files.")
    readers = {
        "csv": _read_csv,
        "xlsx": _read_xlsx,
        "parquet": _read_parquet,
        "geopackage": _read_geopackage,
    }
    check_kind(path, contract)
    row_no = 0
    try:
        for rows in readers[contract.kind](path, contract):
            numbered = rows.with_columns(
                pl.int_range(row_no + 1, row_no + rows.height + 1, dtype=pl.Int64).alias("row_no")
            )
            row_no += rows.height
            _check_rows(path, row_no)
            yield _name_fields(numbered, contract)
    except FileUnreadable:
        raise
    except Exception as error:  # each library has errors of its own for files that break off
        raise FileUnreadable(
            f"{path.name} could not be read as {contract.kind} behind row {row_no}: {error}. "
            "Ask the department for the file again."
        ) from error


def check_kind(path: Path, contract: Contract) -> None:
    """Refuse a file that is not of its contract's kind by what it holds, whatever its name says."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    begins = HEADS.get(contract.kind)
    is_other = any(head.startswith(other) for other in HEADS.values()) or b"\0" in head
    is_right = head.startswith(begins) if begins else not is_other or _is_wide(contract)
    if head and not is_right:
        raise FileUnreadable(
            f"{path.name} could not be read as {contract.kind}: "
            "by what it holds it is another kind of file."
        )


def _is_wide(contract: Contract) -> bool:
    """Tell whether a text in this encoding has zero bytes."""
    return contract.encoding.lower().replace("-", "").startswith(("utf16", "utf32"))


def count_rows(path: Path, contract: Contract) -> int | None:
    """Count rows where the kind of file tells at once; for a CSV, guess from its size.

    A file that cannot be opened has no count: reading it says what is wrong with it.
    """
    with contextlib.suppress(OSError, pa.ArrowInvalid, pyogrio.errors.DataSourceError):
        if contract.kind == "parquet":
            return int(pyarrow.parquet.ParquetFile(path).metadata.num_rows)
        if contract.kind == "geopackage":
            return int(pyogrio.read_info(path, layer=contract.sheet)["features"])
        if contract.kind == "csv":
            with path.open("rb") as file:
                some = file.read(1 << 18)
            return max(1, path.stat().st_size * max(1, some.count(b"\n")) // max(1, len(some)))
    return None


def _name_fields(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    missing = [field.column for field in contract.fields if field.column not in rows.columns]
    if missing:
        there = [name for name in rows.columns if name not in COUNTED]
        raise FileUnreadable(
            f"Columns are missing: {'、'.join(missing)}. The file has: {'、'.join(there[:20])}. "
            "Check that it is the right file and, for a CSV, the encoding in the contract."
        )
    for name in ("n_cells", "n_expected"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(0).alias(name))
    return rows.select(
        "row_no",
        "n_cells",
        "n_expected",
        *(
            pl.col(field.column).cast(pl.String).str.strip_chars().alias(field.name)
            for field in contract.fields
        ),
    )


def _read_csv(path: Path, contract: Contract) -> Iterator[pl.DataFrame]:
    with path.open(encoding=contract.encoding, errors="replace", newline="") as file:
        reader = csv.reader(file)
        header = [cell.strip() for cell in next(reader, [])]
        if not header:
            raise FileUnreadable(f"{path.name} is empty.")
        yield _as_frame(header, [])  # so that a file without rows has its columns checked
        while rows := list(islice(reader, SLICE_ROWS)):
            yield _as_frame(header, [row for row in rows if row])


def _as_frame(header: list[str], rows: list[list[Any]]) -> pl.DataFrame:
    width = len(header)
    sizes = [len(row) for row in rows]
    full = [row if len(row) == width else [*row, *[None] * width][:width] for row in rows]
    columns = zip(*full, strict=True) if full else [[] for _ in header]
    data = {
        name: pl.Series(
            name, [None if cell is None else str(cell) for cell in column], dtype=pl.String
        )
        for name, column in zip(header, columns, strict=True)
    }
    frame = pl.DataFrame(data).with_columns(pl.col(pl.String).replace("", None))
    return frame.with_columns(
        pl.Series("n_cells", sizes, dtype=pl.Int64), pl.lit(width).alias("n_expected")
    )


def _read_xlsx(path: Path, contract: Contract) -> Iterator[pl.DataFrame]:
    _refuse_bomb(path)
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        if contract.sheet and contract.sheet not in book.sheetnames:
            raise FileUnreadable(
                f"{path.name} has no sheet {contract.sheet}; it has {'、'.join(book.sheetnames)}."
            )
        sheet = book[contract.sheet] if contract.sheet else book.worksheets[0]
        cells = sheet.iter_rows(values_only=True)
        header = [str(cell).strip() for cell in next(cells, ()) if cell is not None]
        yield _as_frame(header, [])
        # A sheet leaves empty cells at the end of a row out: that is no fault of the row. It may
        # also say that its rows are as wide as a sheet can be: no more than the header is kept.
        width = len(header)
        cut = ([*row[:width], *[None] * (width - len(row))] for row in cells if row)
        n_read = 0
        while rows := list(islice(cut, SLICE_ROWS)):
            n_read += len(rows)
            if n_read > MOST_SHEET_ROWS:
                raise FileUnreadable(f"{path.name} has more rows than a sheet can have.")
            yield _as_frame(header, rows)
    finally:
        book.close()


def _refuse_bomb(path: Path) -> None:
    """Refuse a workbook that is small only because it is packed, before any of it is unpacked."""
    with zipfile.ZipFile(path) as packed:
        parts = packed.infolist()
    for part in parts:
        is_dense = part.file_size > MOST_PACKED * max(1, part.compress_size)
        if part.file_size > SUSPECT_BYTES and is_dense:
            raise FileUnreadable(f"{path.name} unpacks to far more than a sheet of such a size.")
    _check_unpacked(path, sum(part.file_size for part in parts))


def _check_rows(path: Path, n_rows: int) -> None:
    if n_rows > settings.MOST_ROWS:
        raise FileUnreadable(
            f"{path.name} has more than {settings.MOST_ROWS:,} rows, the most that are read of one "
            "file (FANGGE_MOST_ROWS). Send it in parts."
        )


def _check_unpacked(path: Path, n_bytes: int) -> None:
    if n_bytes > settings.UNPACKED_MB * 2**20:
        raise FileUnreadable(
            f"{path.name} unpacks to more than {settings.UNPACKED_MB:,} MB, the most that is read "
            "(FANGGE_UNPACKED_MB). Send it in parts."
        )


def _read_parquet(path: Path, _contract: Contract) -> Iterator[pl.DataFrame]:
    file = pyarrow.parquet.ParquetFile(path)
    # A Parquet file says in its footer what it unpacks to; an attacker may lie there, so the rows
    # are counted as they come, a slice at a time.
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    _check_unpacked(path, sum(group.total_byte_size for group in groups))
    for batch in file.iter_batches(batch_size=SLICE_ROWS):
        frame = pl.from_arrow(batch)
        if isinstance(frame, pl.DataFrame):
            yield frame


def _refuse_view(path: Path) -> None:
    """Refuse a GeoPackage that reckons: a view of a few bytes can give rows without end."""
    with contextlib.closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    ) as held:
        made = held.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
    views = [name for name, kind, _ in made if kind == "view"]
    reckoned = [
        name for name, kind, sql in made if kind == "table" and " VIRTUAL " in (sql or "").upper()
    ]
    reckoned = [name for name in reckoned if not name.startswith(("rtree_", "sqlite_"))]
    if views or reckoned:
        raise FileUnreadable(
            f"{path.name} holds views: {'、'.join((views + reckoned)[:5])}. "
            "Send the rows themselves."
        )


def _read_geopackage(path: Path, contract: Contract) -> Iterator[pl.DataFrame]:
    """Read points; their positions become the columns 经度 and 纬度."""
    _refuse_view(path)
    info = pyogrio.read_info(path, layer=contract.sheet)
    if info["crs"] not in KNOWN_CRS:
        raise FileUnreadable(
            f"{path.name} is in {info['crs']}. Bring it to CGCS2000 (EPSG:4490) first."
        )
    with pyogrio.open_arrow(
        path, layer=contract.sheet, batch_size=SLICE_ROWS, use_pyarrow=True
    ) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        for batch in reader:
            frame = pl.from_arrow(batch)
            if isinstance(frame, pl.DataFrame):
                points = shapely.from_wkb(frame[geometry].to_numpy())
                places = zip(POSITIONS, (shapely.get_x(points), shapely.get_y(points)), strict=True)
                yield frame.drop(geometry).with_columns(
                    pl.Series(name, values).cast(pl.String) for name, values in places
                )
