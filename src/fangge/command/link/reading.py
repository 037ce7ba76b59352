"""Parquet files of records, read and checked; what is wrong is told by file, column and row."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangge.engine.linkage.schema import ORGANISATION_RECORD, RESIDENT_RECORD, Schema
from fangge.engine.linkage.standardise.dates import standardise_dates
from fangge.engine.synthesis.records import DWELLING_RECORD
from fangge.kernel.errors import Invalid

RECORDS = "records"
REQUIRED = ("record_id", "source")
SCHEMAS: Mapping[str, Schema] = {
    "residents": RESIDENT_RECORD,
    "organisations": ORGANISATION_RECORD,
    "dwellings": {**DWELLING_RECORD, "address_code": pl.String},
}
"""The kinds of subject, in the order in which they are linked."""
ADDRESS_SCHEMA: Schema = {
    "code": pl.String,
    "parent_code": pl.String,
    "level": pl.String,
    "name": pl.String,
    "full_name": pl.String,
}
LONGEST_SHOWN = 60


class InputUnreadable(Invalid):
    """The input cannot be linked as it is; nothing was written."""


@dataclass(frozen=True, slots=True)
class Input:
    """What a folder holds: records by kind, and what stands beside them."""

    folder: Path
    records: Mapping[str, pl.DataFrame]
    addresses: pl.DataFrame | None
    absent: Mapping[str, list[str]]
    """Columns that no file of a kind has: their values count as blank."""


def find_kinds(folder: Path, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Give the kinds of which there are files, or raise `InputUnreadable` when there are none."""
    there = tuple(kind for kind in kinds if find_files(folder, kind))
    if not there:
        raise InputUnreadable(
            f"{folder} has none of {', '.join(f'{kind}*.parquet' for kind in kinds)}. "
            "docs/reference/link.md says what the files hold."
        )
    return there


def read_input(folder: Path, kinds: tuple[str, ...]) -> Input:
    """Read the records of a folder, or of the `records` folder within a generated district.

    Raises `InputUnreadable` naming file, column and row.
    """
    records, absent = {}, {}
    for kind in kinds:
        records[kind], absent[kind] = _read_kind(find_files(folder, kind), SCHEMAS[kind])
    register = find_records(folder) / "addresses.parquet"
    return Input(
        folder=find_records(folder),
        records=records,
        addresses=_read_addresses(register) if register.exists() else None,
        absent={kind: names for kind, names in absent.items() if names},
    )


def find_files(folder: Path, kind: str) -> list[Path]:
    return sorted(find_records(folder).glob(f"{kind}*.parquet"))


def find_records(folder: Path) -> Path:
    """Give the folder that holds the records themselves."""
    if not folder.is_dir():
        raise InputUnreadable(f"There is no folder {folder}.")
    return folder / RECORDS if (folder / RECORDS).is_dir() else folder


def read_table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputUnreadable(
            f"{path.name} could not be read as Parquet: {error}. Write the file again."
        ) from error


def _read_addresses(path: Path) -> pl.DataFrame:
    rows = read_table(path)
    _require(path, rows, tuple(ADDRESS_SCHEMA))
    if "aliases" not in rows.columns:
        rows = rows.with_columns(aliases=pl.lit(None, pl.List(pl.String)))
    return rows.select(*ADDRESS_SCHEMA, "aliases")


def _read_kind(files: list[Path], schema: Schema) -> tuple[pl.DataFrame, list[str]]:
    tables = [(path, read_table(path)) for path in files]
    known = set().union(*(table.columns for _, table in tables))
    records = pl.concat(_read_file(path, table, schema) for path, table in tables)
    if records["record_id"].n_unique() < records.height:
        _tell_twice(files, records)
    return records.rechunk(), [name for name in schema if name not in known]


def _read_file(path: Path, table: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    _require(path, table, REQUIRED)
    columns = [
        _as_type(path, table[name], kind)
        if name in table.columns
        else pl.repeat(None, table.height, dtype=kind(), eager=True).alias(name)
        for name, kind in schema.items()
    ]
    for column in columns[: len(REQUIRED)]:
        if column.null_count():
            row = column.is_null().arg_max()
            raise InputUnreadable(
                f"{path.name}, column {column.name}, row {(row or 0) + 1}: there is no value. "
                "Every record needs a number and a source."
            )
    return pl.DataFrame(columns)


def _require(path: Path, table: pl.DataFrame, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise InputUnreadable(
            f"{path.name} has no column {', '.join(missing)}. It has: {', '.join(table.columns)}."
        )


def _as_type(path: Path, values: pl.Series, kind: type[pl.DataType]) -> pl.Series:
    if values.dtype == kind:
        return values
    if kind is pl.Date and values.dtype == pl.String:
        read = standardise_dates(values.replace("", None)).alias(values.name)
        wanted = "a date such as 1985-03-02"
    else:
        read = values.cast(kind, strict=False)
        wanted = {pl.Int64: "a whole number", pl.Date: "a date"}.get(kind, "text")
    lost = read.is_null() & values.is_not_null() & (values.cast(pl.String, strict=False) != "")
    if lost.any():
        row = lost.arg_max() or 0
        raise InputUnreadable(
            f"{path.name}, column {values.name}, row {row + 1}: "
            f"{str(values[row])[:LONGEST_SHOWN]!r} is not {wanted}."
        )
    return read


def _tell_twice(files: list[Path], records: pl.DataFrame) -> None:
    twice = records.filter(pl.col("record_id").is_duplicated())["record_id"][0]
    places = [
        f"{path.name} row {row + 1}"
        for path in files
        for row in read_table(path)
        .with_row_index("row")
        .filter(pl.col("record_id").cast(pl.Int64) == twice)["row"]
    ]
    raise InputUnreadable(
        f"column record_id: {twice} stands in {' and in '.join(places[:2])}. "
        "Each record needs a number of its own."
    )
