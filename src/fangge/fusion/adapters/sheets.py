"""Workbooks of one sheet, written by whole columns; the same rows give the same bytes."""

import zipfile
from pathlib import Path

import polars as pl

EPOCH = (2026, 6, 30, 0, 0, 0)
SLICE_ROWS = 20_000
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SCHEMA = "http://schemas.openxmlformats.org"
CONTENT_TYPES = (
    f'{XML}<Types xmlns="{SCHEMA}/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
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
SHEET_START = (
    f'{XML}<worksheet xmlns="{SCHEMA}/spreadsheetml/2006/main">'
    '<dimension ref="A1:{end}"/><sheetData>'
)
SHEET_END = "</sheetData></worksheet>"


def write_sheet(path: Path, name: str, rows: pl.DataFrame) -> None:
    """Write a workbook of one sheet, all text, whole columns at a time.

    Libraries write a sheet cell by cell, which is most of the generator's time; here the XML
    is put together by column. Columns are 26 at most. The archive bears one fixed time, so the
    same rows give the same bytes. `docs/decisions/0004-own-sheet-writer.md` says more.
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
                pl.lit('" t="inlineStr"><is><t'),
                # Readers drop white space at either end unless they are told to keep it.
                pl.when(pl.col(column).str.contains(r"^\s|\s$"))
                .then(pl.lit(' xml:space="preserve">'))
                .otherwise(pl.lit(">")),
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
            start = SHEET_START.format(end=f"{letters[-1]}{rows.height + 1}")
            sheet.write(f'{start}<row r="1">{head}</row>'.encode())
            for some in body.to_frame().iter_slices(20_000):
                sheet.write("".join(some.to_series()).encode())
            sheet.write(SHEET_END.encode())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, date_time=EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
