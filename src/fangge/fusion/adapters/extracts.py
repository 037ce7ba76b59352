"""Write the generated district as the files that departments send; the same bytes each time."""

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyogrio
import pyogrio.raw
import shapely

from fangge.engine.synthesis.extracts import Extract, Generated, generate_district
from fangge.kernel.errors import Conflict

FORMAT = 1
EPOCH = (2026, 6, 30, 0, 0, 0)
CRS = "EPSG:4490"
UNDECODABLE = b"\xff\xff"
SUMMARY = "district.json"
LEVELS = ("district", "subdistrict", "community", "grid")


class FolderTaken(Conflict):
    """The folder holds something that was not generated here."""


def write_district(
    folder: Path, *, n_residents: int, seed: int, noise: str, tell: Callable[[str], None]
) -> dict[str, object]:
    """Generate a district and write it, whole or not at all; give its summary.

    Raises `FolderTaken` when the folder holds anything but a generated district.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / SUMMARY).exists():
        raise FolderTaken(
            f"{folder} is not empty and not a generated district. Name another folder."
        )
    made = generate_district(n_residents=n_residents, seed=seed, noise=noise)
    tell("generate")
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        summary = _write_files(fresh, made, seed=seed, noise=noise, tell=tell)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return summary


def _write_files(
    folder: Path, made: Generated, *, seed: int, noise: str, tell: Callable[[str], None]
) -> dict[str, object]:
    # GDAL stamps a GeoPackage with the time; this keeps the bytes the same.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-06-30T00:00:00.000Z"})
    _write_areas(folder / "areas.gpkg", made.district.areas)
    _write_addresses(folder / "addresses.gpkg", made.addresses)
    tell("addresses")
    _write_csv(folder / "police_population.csv", made.police, encoding="gb18030")
    made.health.rows.write_parquet(folder / "health_population.parquet")
    tell("population")
    _write_sheet(folder / "housing_dwellings.xlsx", "房屋", made.housing.rows)
    tell("dwellings")
    _write_csv(folder / "market_organisations.csv", made.market, encoding="utf-8-sig")
    made.truth.write_parquet(folder / "truth.parquet")
    summary: dict[str, object] = {
        "format": FORMAT,
        "seed": seed,
        "noise": noise,
        "counts": made.counts,
        "rows": {
            extract.source: extract.rows.height
            for extract in (made.police, made.health, made.housing, made.market)
        },
    }
    (folder / SUMMARY).write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    tell("organisations")
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
    path: Path, *, layer: str, shapes: object, kind: str, columns: dict[str, pl.Series]
) -> None:
    pyogrio.raw.write(
        str(path),
        geometry=shapes,
        field_data=[column.to_numpy() for column in columns.values()],
        fields=list(columns),
        layer=layer,
        driver="GPKG",
        geometry_type=kind,
        crs=CRS,
        layer_options={"SPATIAL_INDEX": "NO"},
    )


def _write_csv(path: Path, extract: Extract, *, encoding: str) -> None:
    """Write the rows, and break those that are to be broken in their bytes or columns."""
    buffer = io.StringIO()
    extract.rows.write_csv(buffer, line_terminator="\r\n")
    lines = buffer.getvalue().split("\r\n")
    marked = {
        row: kind
        for row, kind in extract.damage.items()
        if kind in {"columns_missing", "bytes_undecodable"}
    }
    for row, kind in marked.items():
        if kind == "columns_missing":
            lines[row] = lines[row].rsplit(",", 2)[0]
    with path.open("wb") as file:
        start = 0
        for row in sorted(row for row, kind in marked.items() if kind == "bytes_undecodable"):
            file.write(_encode(lines[start:row], encoding if start == 0 else "gb18030"))
            spoilt = lines[row].encode("gb18030")
            at = spoilt.index(b",") + 1
            file.write(spoilt[:at] + UNDECODABLE + spoilt[at:] + b"\r\n")
            start = row + 1
        file.write(_encode(lines[start:-1], encoding))


def _encode(lines: list[str], encoding: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode(encoding) if lines else b""


def _write_sheet(path: Path, name: str, rows: pl.DataFrame) -> None:
    """Write a workbook of one sheet, all text, whole columns at a time.

    Libraries write a sheet cell by cell, which is most of the generator's time; here the XML
    is put together by column. `docs/decisions/0004-own-sheet-writer.md` says more.
    """
    letters = [chr(ord("A") + i) for i in range(len(rows.columns))]
    numbered = rows.with_columns(pl.int_range(2, rows.height + 2).cast(pl.String).alias("row"))
    cells = [
        pl.when(pl.col(column).is_null() | (pl.col(column) == ""))
        .then(pl.lit(""))
        .otherwise(
            pl.concat_str(
                pl.lit(f'<c r="{letter}'),
                "row",
                pl.lit('" t="inlineStr"><is><t>'),
                pl.col(column).str.replace_many({"&": "&amp;", "<": "&lt;", ">": "&gt;"}),
                pl.lit("</t></is></c>"),
            )
        )
        for letter, column in zip(letters, rows.columns, strict=True)
    ]
    body = numbered.select(
        pl.concat_str(pl.lit('<row r="'), "row", pl.lit('">'), *cells, pl.lit("</row>"))
    ).to_series()
    head = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{column}</t></is></c>'
        for letter, column in zip(letters, rows.columns, strict=True)
    )
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELATIONS,
        "xl/workbook.xml": WORKBOOK.format(name=name),
        "xl/_rels/workbook.xml.rels": WORKBOOK_RELATIONS,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for part, text in parts.items():
            book.writestr(_member(part), text)
        with book.open(_member("xl/worksheets/sheet1.xml"), "w") as sheet:
            sheet.write(f'{SHEET_START}<row r="1">{head}</row>'.encode())
            for some in body.to_frame().iter_slices(20_000):
                sheet.write("".join(some.to_series()).encode())
            sheet.write(SHEET_END.encode())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, date_time=EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SCHEMA = "http://schemas.openxmlformats.org"
CONTENT_TYPES = (
    f'{XML}<Types xmlns="{SCHEMA}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = (
    f'{XML}<Relationships xmlns="{SCHEMA}/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{SCHEMA}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
WORKBOOK_RELATIONS = (
    f'{XML}<Relationships xmlns="{SCHEMA}/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{SCHEMA}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>"
)
WORKBOOK = (
    f'{XML}<workbook xmlns="{SCHEMA}/spreadsheetml/2006/main" '
    f'xmlns:r="{SCHEMA}/officeDocument/2006/relationships"><sheets>'
    '<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
SHEET_START = f'{XML}<worksheet xmlns="{SCHEMA}/spreadsheetml/2006/main"><sheetData>'
SHEET_END = "</sheetData></worksheet>"
