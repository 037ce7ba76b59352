"""Read boundary files."""

from pathlib import Path

import polars as pl
import pyogrio
import shapely

from fangge.kernel.errors import Invalid

COLUMNS = {
    "编码": "code",
    "编码体系": "code_system",
    "类型": "kind",
    "名称": "name",
    "上级编码": "parent_code",
    "示意": "is_schematic",
}
KINDS = ("district", "subdistrict", "community", "grid")


class BoundariesUnreadable(Invalid):
    """The file holds no areas that can be taken."""


def read_areas(path: Path) -> pl.DataFrame:
    """Give the columns of COLUMNS, outline (WKB) and its bounds; an area before those within it."""
    try:
        meta, _, outlines, values = pyogrio.raw.read(path, layer="areas")
    except (OSError, ValueError, pyogrio.errors.DataSourceError) as error:
        raise BoundariesUnreadable(f"{path} could not be read: {error}") from error
    missing = [column for column in COLUMNS if column not in list(meta["fields"])]
    if missing:
        raise BoundariesUnreadable(f"{path.name} lacks the columns {'、'.join(missing)}.")
    held = dict(zip(meta["fields"], values, strict=True))
    bounds = shapely.bounds(shapely.from_wkb(outlines)).tolist()
    frame = pl.DataFrame(
        {new: pl.Series([None if v is None else str(v) for v in held[old]], dtype=pl.String)
         for old, new in COLUMNS.items()}
    ).with_columns(
        pl.col("is_schematic") == "1", pl.Series("outline", list(outlines), dtype=pl.Binary),
        pl.Series("bounds", bounds, dtype=pl.List(pl.Float64)),
    )  # fmt: skip
    rank = pl.col("kind").replace_strict(
        list(KINDS), list(range(4)), default=9, return_dtype=pl.Int32
    )
    return frame.sort(rank, maintain_order=True)
