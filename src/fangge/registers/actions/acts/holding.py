"""What acts said stays said: the link run brings the register to its sources around it."""

import polars as pl

from fangge.kernel.bulk import read_frame
from fangge.registers.models.address import AddressLevel

HELD = {
    "id": pl.Int64,
    "code": pl.String,
    "level": pl.String,
    "name": pl.String,
    "full_name": pl.String,
    "parent_id": pl.Int64,
    "grid_id": pl.Int64,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "is_made": pl.Boolean,
}


def hold_acts(placed: pl.DataFrame) -> pl.DataFrame:
    """Put what acts said over what the sources say, and add the addresses that acts made.

    `placed` has every address of the sources with parent_id; the full names below a renamed or
    moved address follow it.
    """
    held = read_frame(
        "SELECT id, code, level, name, full_name, parent_id, grid_id, position[0], position[1], "
        "starts_on, ends_on, origins = '{}' FROM registers_address WHERE is_held",
        schema=HELD,
    )
    plain = placed.with_columns(ends_on=pl.lit(None, pl.Date))
    if held.is_empty():
        return plain
    said = held.select(
        "id",
        pl.col("name", "parent_id", "starts_on", "ends_on").name.suffix("_held"),
        is_held=True,
    )
    over = plain.join(said, on="id", how="left", maintain_order="left")
    is_held = pl.col("is_held").fill_null(value=False)
    over = over.with_columns(
        source_name="name",
        source_full="full_name",
        source_parent_id="parent_id",
        is_held=is_held,
    ).with_columns(
        pl.when(is_held).then(f"{name}_held").otherwise(name).alias(name)
        for name in ("name", "parent_id", "starts_on", "ends_on")
    )
    named = over.drop("full_name").join(_full_names(over, held), on="id", how="left")
    made = held.filter(pl.col("is_made") & ~pl.col("id").is_in(placed["id"].implode()))
    added = made.select(*(name for name in HELD if name != "is_made"), is_new=pl.lit(value=False))
    return pl.concat([named.select(plain.columns), added], how="diagonal_relaxed")


def _full_names(over: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Write each full name anew, from the top down: id and full_name.

    A floor is left out of the names below it, so what is carried down is its parent's.
    """
    made = held.filter(pl.col("is_made")).select(
        "id", "full_name", carried="full_name", was=pl.lit(None, pl.String)
    )
    found = made
    for level in AddressLevel:
        here = (
            over.filter(pl.col("level") == level.value)
            .join(
                found.select(parent_id="id", above="carried"),
                on="parent_id",
                how="left",
                maintain_order="left",
            )
            .join(
                found.select(source_parent_id="id", above_was="was"),
                on="source_parent_id",
                how="left",
                maintain_order="left",
            )
        )
        top = pl.col("source_full").str.strip_suffix(pl.col("source_name"))
        follows = pl.col("source_full").str.starts_with(pl.col("above_was"))
        tail = pl.col("source_full").str.slice(pl.col("above_was").str.len_chars())
        full = (
            pl.when("is_held")
            .then(pl.coalesce("above", top) + pl.col("name"))
            .when(pl.col("above").is_not_null() & follows)
            .then(pl.col("above") + tail)
            .otherwise("source_full")
        )
        is_floor = pl.lit(level == AddressLevel.FLOOR)
        here = here.select(
            "id",
            full_name=full,
            carried=pl.when(is_floor).then("above").otherwise(full),
            was=pl.when(is_floor).then("above_was").otherwise("source_full"),
        )
        found = pl.concat([found, here])
    return found.select("id", "full_name")
