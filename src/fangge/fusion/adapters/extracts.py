"""Write the generated district as the files that departments send; the same bytes each time."""

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyogrio
import shapely

from fangge.engine.synthesis.breakage import IN_LINES, Extract
from fangge.engine.synthesis.extracts import generate_district
from fangge.engine.synthesis.records import list_records
from fangge.fusion.adapters.sheets import write_sheet

FORMAT = 1
CRS = "EPSG:4490"
UNDECODABLE = b"\xff\xff"
BOM = b"\xef\xbb\xbf"
SLICE_ROWS = 2_000
SUMMARY = "district.json"
RECORDS = "records"
RECORD_TABLES = ("residents", "organisations", "dwellings", "addresses", "truth", "subjects")
FILES = (
    "addresses.gpkg",
    "areas.gpkg",
    SUMMARY,
    "health_population.parquet",
    "housing_dwellings.xlsx",
    "market_organisations.csv",
    "police_population.csv",
    "tenancy_agreements.csv",
    "truth.parquet",
    *(f"{RECORDS}/{name}.parquet" for name in RECORD_TABLES),
)
LEVELS = ("district", "subdistrict", "community", "grid")


def write_extracts(
    folder: Path, *, n_residents: int, seed: int, noise: str, tell: Callable[[str], None]
) -> dict[str, object]:
    """Generate a district and write its files into a folder that is there; give its summary."""
    made = generate_district(n_residents=n_residents, seed=seed, noise=noise, tell=tell)
    # GDAL stamps a GeoPackage with the time; this keeps the bytes the same.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-06-30T00:00:00.000Z"})
    writers: dict[str, Callable[[Path], object]] = {
        "addresses.gpkg": partial(_write_addresses, rows=made.addresses),
        "housing_dwellings.xlsx": partial(write_sheet, name="房屋", rows=made.housing.rows),
        "police_population.csv": partial(_write_csv, extract=made.police, encoding="gb18030"),
        "health_population.parquet": made.health.rows.write_parquet,
        "truth.parquet": made.truth.write_parquet,
        "market_organisations.csv": partial(_write_csv, extract=made.market, encoding="utf-8"),
        "tenancy_agreements.csv": partial(_write_csv, extract=made.agreements, encoding="utf-8"),
        "areas.gpkg": partial(_write_areas, areas=made.district.areas),
    }
    (folder / RECORDS).mkdir()
    for name, table in list_records(made).items():
        writers[f"{RECORDS}/{name}.parquet"] = table.write_parquet
    # Compressing a workbook and filling a GeoPackage leave the interpreter free for each other.
    with ThreadPoolExecutor(max_workers=2) as pool:
        started = {name: pool.submit(write, folder / name) for name, write in writers.items()}
        for name, written in started.items():
            written.result()
            tell(name)
    summary: dict[str, object] = {
        "format": FORMAT,
        "seed": seed,
        "noise": noise,
        "counts": made.counts,
        "rows": {
            extract.source: extract.rows.height
            for extract in (made.police, made.health, made.housing, made.market, made.agreements)
        },
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    (folder / SUMMARY).write_text(text, encoding="utf-8")
    return summary


def _write_areas(path: Path, areas: pl.DataFrame) -> None:
    order = areas.with_columns(pl.col("kind").replace_strict(LEVELS, range(4)).alias("rank"))
    rows = order.sort("rank", maintain_order=True)
    shapes = shapely.to_wkb(shapely.from_wkb(rows["outline"].to_numpy()))
    _write_layer(
        path,
        layer="areas",
        shapes=shapes,
        kind="Polygon",
        columns={
            "编码": rows["code"],
            "编码体系": rows["code_system"],
            "类型": rows["kind"],
            "名称": rows["name"],
            "上级编码": rows["parent_code"],
            "示意": pl.repeat("1", rows.height, eager=True),
        },
    )


def _write_addresses(path: Path, rows: pl.DataFrame) -> None:
    _write_layer(
        path,
        layer="addresses",
        shapes=shapely.to_wkb(shapely.points(rows.select("lon", "lat").to_numpy())),
        kind="Point",
        columns={
            "地址编码": rows["code"],
            "上级编码": rows["parent_code"],
            "级别": rows["level"],
            "名称": rows["name"],
            "全称": rows["full_name"],
            "别名": rows["alias"],
            "网格编码": rows["grid_code"],
            "启用日期": rows["starts_on"].dt.strftime("%Y-%m-%d"),
        },
    )


def _write_layer(
    path: Path, *, layer: str, shapes: np.ndarray, kind: str, columns: dict[str, pl.Series]
) -> None:
    table = pl.DataFrame(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
    table = table.append_column("geom", pa.array(shapes, type=pa.binary()))
    pyogrio.write_arrow(
        table,
        path,
        layer=layer,
        driver="GPKG",
        geometry_name="geom",
        geometry_type=kind,
        crs=CRS,
        layer_options={"SPATIAL_INDEX": "NO"},
    )


def _write_csv(path: Path, extract: Extract, *, encoding: str) -> None:
    """Write the rows, and break in their bytes or columns those that are to be broken so.

    UTF-8 begins with a byte order mark, as spreadsheets write it.
    """
    marked = {row: kind for row, kind in extract.damage.items() if kind in IN_LINES}
    with path.open("wb") as file:
        file.write(BOM if encoding == "utf-8" else b"")
        for start in range(0, extract.rows.height, SLICE_ROWS):
            buffer = io.BytesIO()
            some = extract.rows.slice(start, SLICE_ROWS)
            some.write_csv(buffer, line_terminator="\r\n", include_header=start == 0)
            text = buffer.getvalue()
            # A header stands before row 1, in the first slice only.
            before = start if start == 0 else start + 1
            here = {
                row - before: kind for row, kind in marked.items() if 0 < row - start <= SLICE_ROWS
            }
            file.writelines(
                _break_lines(text, here, encoding) if here else [_encode(text, encoding)]
            )


def _break_lines(text: bytes, marked: dict[int, str], encoding: str) -> Iterator[bytes]:
    """Give the text with some of its lines spoilt in their bytes or cut short."""
    lines = text.split(b"\r\n")
    start = 0
    for at, kind in sorted(marked.items()):
        yield _encode(b"".join(line + b"\r\n" for line in lines[start:at]), encoding)
        if kind == "columns_missing":
            yield _encode(lines[at].rsplit(b",", 2)[0], encoding)
        else:
            first, rest = lines[at].split(b",", 1)
            yield first + b"," + UNDECODABLE + _encode(rest, encoding)
        yield b"\r\n"
        start = at + 1
    yield _encode(b"\r\n".join(lines[start:]), encoding)


def _encode(text: bytes, encoding: str) -> bytes:
    return text if encoding == "utf-8" else text.decode().encode(encoding)
