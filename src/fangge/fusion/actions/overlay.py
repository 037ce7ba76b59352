"""Life events within a link run: what they say over what the sources say, before it is written."""

from collections.abc import Collection

import polars as pl

from fangge.fusion.queries.life import (
    opened_firms,
    standing_acts,
    standing_corrections,
    standing_ends,
    standing_moves,
)
from fangge.fusion.rules.life import FIRMS, PERSON
from fangge.registers.actions.life.settling import settle_occupancies


def settle_run(occupancies: pl.DataFrame) -> pl.DataFrame:
    """Let every standing life event act on the occupancies that the sources speak of."""
    return settle_occupancies(occupancies, standing_acts())


def settle_few(occupancies: pl.DataFrame, *, kind: str, entry_ids: Collection[int]) -> pl.DataFrame:
    """Let the life events of these entries, and of no others, act on their occupancies."""
    acts = standing_acts()
    own = (pl.col("subject") == kind) & pl.col("entry_id").is_in(list(entry_ids))
    return settle_occupancies(occupancies, acts.filter(own))


def correct_residents(subjects: pl.DataFrame) -> pl.DataFrame:
    """Put corrected values, and the record that bears them, over those that survived.

    `subjects` has id (null where new), each field and {field}_record; gives `ends_on` too.
    """
    corrected = standing_corrections()
    for field in PERSON:
        if field in corrected.columns:
            subjects = _put_over(subjects, corrected, field)
    ends = standing_ends("resident").select(
        pl.col("entry_id").alias("id"), "ends_on", pl.col("record_id").alias("ends_on_record")
    )
    return subjects.join(ends, on="id", how="left", maintain_order="left")


def _put_over(subjects: pl.DataFrame, corrected: pl.DataFrame, field: str) -> pl.DataFrame:
    told = (
        corrected.filter(pl.col(field).is_not_null())
        .unique("entry_id", keep="last", maintain_order=True)
        .select(
            pl.col("entry_id").alias("id"),
            pl.col(field).cast(subjects.schema[field]).alias("told"),
            pl.col("record_id").cast(subjects.schema[f"{field}_record"]).alias("told_record"),
        )
    )
    return (
        subjects.join(told, on="id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("told", field).alias(field),
            pl.coalesce("told_record", f"{field}_record").alias(f"{field}_record"),
        )
        .drop("told", "told_record")
    )


def move_organisations(entries: pl.DataFrame) -> pl.DataFrame:
    """Put where organisations moved to, and when they closed, over what their register says."""
    moves = standing_moves().select(
        pl.col("entry_id").alias("id"),
        pl.col("address_id").alias("moved_to"),
        pl.col("grid_id").alias("moved_grid"),
        pl.col("record_id").alias("moved_record"),
    )
    ends = standing_ends("organisation").select(
        pl.col("entry_id").alias("id"),
        pl.col("ends_on").alias("closed_on"),
        pl.col("record_id").alias("ends_on_record"),
    )
    joined = entries.join(moves, on="id", how="left", maintain_order="left").join(
        ends, on="id", how="left", maintain_order="left"
    )
    is_moved = pl.col("moved_to").is_not_null()
    return joined.with_columns(
        pl.when(is_moved).then("moved_to").otherwise("address_id").alias("address_id"),
        pl.when(is_moved).then("moved_grid").otherwise("grid_id").alias("grid_id"),
        pl.coalesce("moved_record", "address_code_record").alias("address_code_record"),
        pl.coalesce("closed_on", "ends_on").alias("ends_on"),
    ).drop("moved_to", "moved_grid", "moved_record", "closed_on")


def firm_rows(market: pl.DataFrame, life: pl.DataFrame) -> pl.DataFrame:
    """Give what the market's register and life events say of organisations, in one frame."""
    if life.is_empty():
        return market.with_columns(pl.lit(None, pl.String).alias("said_by"))
    opened = opened_firms(life).with_columns(pl.lit(FIRMS).alias("said_by"))
    return pl.concat([market, opened], how="diagonal_relaxed").select(*market.columns, "said_by")
