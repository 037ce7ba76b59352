"""Who is where by what the sources say: residents, owners and firms; tenants have tenancies."""

from collections.abc import Mapping

import polars as pl

SPOKEN = (
    ("police_population", "holder", "registered", "registered"),
    ("police_population", "holder", "resident", "resident"),
    ("health_population", "holder", "resident", "resident"),
    ("housing_dwellings", "owner", "owner", "dwelling"),
)
"""Who is where: source, part of its row, kind of occupancy, and which place of the row."""


def list_trading(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """List which firm trades where, each firm and address once."""
    return (
        members.join(rows, on="record_id")
        .filter(pl.col("trades_address_id").is_not_null())
        .sort("founded_on", "record_id", nulls_last=True)
        .unique(["entry_id", "trades_address_id"], keep="first", maintain_order=True)
        .select(
            kind=pl.lit("trades"),
            resident_id=pl.lit(None, pl.Int64),
            organisation_id="entry_id",
            address_id="trades_address_id",
            turn=pl.lit(0, pl.Int64),
            grid_id="trades_grid_id",
            starts_on="founded_on",
            ends_on="dissolved_on",
            record_id="record_id",
        )
    )


def list_occupancies(sources: Mapping[str, pl.DataFrame], members: pl.DataFrame) -> pl.DataFrame:
    """List who is where by what the sources say, each holder, kind and address once.

    A person lives where the newest record says; where older ones said, they did until then.
    """
    spoken = [
        _spoken(sources[source], members, part, kind, place)
        for source, part, kind, place in SPOKEN
        if f"{place}_address_id" in sources[source].columns
    ]
    once = (
        pl.concat(spoken)
        .sort("said_on", "record_id", nulls_last=False)
        .group_by("kind", "resident_id", "address_id", maintain_order=True)
        .agg(
            pl.col("grid_id").last(),
            pl.col("said_on").min().alias("starts_on"),
            pl.col("said_on").max().alias("last_on"),
            pl.col("record_id").last(),
        )
        .sort("kind", "resident_id", "last_on", "record_id", nulls_last=False)
    )
    moves = pl.col("kind").is_in(["resident", "registered"])
    next_on = pl.col("last_on").shift(-1).over("kind", "resident_id")
    return once.select(
        "kind",
        "resident_id",
        pl.lit(None, pl.Int64).alias("organisation_id"),
        "address_id",
        pl.lit(0, pl.Int64).alias("turn"),
        "grid_id",
        "starts_on",
        pl.when(moves).then(next_on).alias("ends_on"),
        "record_id",
    )


def _spoken(
    rows: pl.DataFrame, members: pl.DataFrame, part: str, kind: str, place: str
) -> pl.DataFrame:
    said_on = pl.lit(None, pl.Date) if part == "owner" else pl.col("updated_on")
    return (
        members.filter(pl.col("part") == part)
        .join(rows, on="record_id")
        .filter(pl.col(f"{place}_address_id").is_not_null())
        .select(
            kind=pl.lit(kind),
            resident_id="entry_id",
            address_id=f"{place}_address_id",
            grid_id=f"{place}_grid_id",
            said_on=said_on,
            record_id="record_id",
        )
    )
