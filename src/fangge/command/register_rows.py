"""The rows of an address register from a file, and a register from a folder of such or an index."""

import csv
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

if TYPE_CHECKING:
    from fangge.engine.address.register import Register

COLUMNS = ("code", "parent_code", "level", "name", "full_name", "aliases")
NEEDED = COLUMNS[:-1]
FILLED = ("code", "level", "name", "full_name")
ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson")
INDEX = "index.json"
MOST_TOLD = 10
HOW = (
    f"Give an index (`fangge address index build`), or a folder with one register as "
    f"{', '.join(ENDINGS)} with the columns {', '.join(NEEDED)} and perhaps aliases, such as "
    "`records` in what `fangge generate` writes."
)

Fault = tuple[int, str, str]
"""The line (or row) counted from 1, the field, and the reason."""


@contextmanager
def open_folder(folder: Path) -> Iterator["Register"]:
    """Open an index, or compile the rows in a folder for as long as they are used."""
    from fangge.engine.address.register import IndexUnreadable, build_register, open_register

    try:
        if (folder / INDEX).exists():
            yield open_register(folder)
            return
        rows = read_rows(find_rows(folder))
        with tempfile.TemporaryDirectory(prefix="fangge-index-") as held:
            build_register(rows, Path(held) / "index")
            yield open_register(Path(held) / "index")
    except IndexUnreadable as error:
        raise click.ClickException(str(error)) from error


def find_rows(folder: Path) -> Path:
    """Find the file of a folder that holds a register's rows; say what is there if none does."""
    if not folder.is_dir():
        raise click.ClickException(f"{folder} is no folder. {HOW}")
    files = [
        path
        for place in (folder, folder / "records")
        for path in sorted(place.glob("*"))
        if path.suffix in ENDINGS and path.is_file()
    ]
    fitting = [path for path in files if not _lacking(path)]
    named = [path for path in fitting if path.stem == "addresses"]
    chosen = named[:1] or fitting
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        names = ", ".join(path.name for path in chosen)
        raise click.ClickException(f"{folder} holds several registers ({names}). {HOW}")
    found = [f"{path.name} lacks {', '.join(_lacking(path))}" for path in files[:MOST_TOLD]]
    told = "; ".join(found) or ", ".join(sorted(p.name for p in folder.glob("*"))[:MOST_TOLD])
    raise click.ClickException(f"{folder} holds no register: {told or 'it is empty'}. {HOW}")


def _lacking(path: Path) -> list[str]:
    """List the needed columns that a file does not have."""
    try:
        columns = _head(path)
    except (pl.exceptions.PolarsError, OSError, ValueError, AttributeError):
        columns = []
    return [name for name in NEEDED if name not in columns]


def _head(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        first = next(lines, "")
    return next(csv.reader([first]), []) if path.suffix == ".csv" else list(json.loads(first))


def read_rows(source: Path) -> pl.DataFrame:
    """Read a register's rows; those that are wrong are told by line, field and reason."""
    try:
        rows = _read_frame(source)
    except (pl.exceptions.PolarsError, OSError) as error:
        faults = list(_find_broken(source))
        if not faults:
            raise click.ClickException(f"{source} cannot be read: {error}") from error
        raise refuse(source, faults) from error
    if missing := [name for name in NEEDED if name not in rows.columns]:
        raise click.ClickException(f"{source} lacks the columns {', '.join(missing)}")
    if "aliases" not in rows.columns:
        rows = rows.with_columns(aliases=pl.lit(None, pl.List(pl.String)))
    if rows.schema["aliases"] == pl.String:
        rows = rows.with_columns(pl.col("aliases").str.split(";"))
    rows = rows.select(
        pl.col(NEEDED).cast(pl.String), pl.col("aliases").cast(pl.List(pl.String), strict=False)
    )
    if faults := _find_faults(rows, 2 if source.suffix == ".csv" else 1):
        raise refuse(source, faults)
    return rows


def _read_frame(source: Path) -> pl.DataFrame:
    if source.suffix == ".parquet":
        return pl.read_parquet(source)
    if source.suffix == ".csv":
        return pl.read_csv(source, infer_schema=False)
    return pl.read_ndjson(source, infer_schema_length=None)


def _find_broken(source: Path) -> Iterator[Fault]:
    """Find the lines that are no JSON, or have more fields than the first."""
    if source.suffix == ".parquet":
        return
    with source.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        if source.suffix == ".csv":
            rows = csv.reader(lines)
            n_fields = len(next(rows, []))
            for row in rows:
                if len(row) > n_fields:
                    yield rows.line_num, "all", f"has {len(row)} fields, the first line {n_fields}"
            return
        for number, line in enumerate(lines, start=1):
            try:
                told = json.loads(line)
            except ValueError as error:
                yield number, "all", f"is not JSON ({error})"
                continue
            if not isinstance(told, dict):
                yield number, "all", "is not an object"


def _find_faults(rows: pl.DataFrame, first: int) -> list[Fault]:
    """Find rows that lack what an address must have, or stand below themselves."""
    faults = []
    for name in FILLED:
        blank = rows[name].fill_null("").str.strip_chars() == ""
        faults += [(row + first, name, "is missing") for row in blank.arg_true().head(MOST_TOLD)]
    own = (rows["code"] == rows["parent_code"]).fill_null(value=False).arg_true()
    faults += [(row + first, "parent_code", "is the row's own code") for row in own.head(MOST_TOLD)]
    return sorted(faults)


def refuse(source: Path, faults: list[Fault]) -> click.ClickException:
    """Say which lines of a file are wrong, where and why; nothing was written."""
    told = [f"  line {line}: {field}: {reason}" for line, field, reason in faults[:MOST_TOLD]]
    more = [f"  and {len(faults) - MOST_TOLD} more"] if len(faults) > MOST_TOLD else []
    return click.ClickException("\n".join([f"{source}: nothing was done", *told, *more]))
