"""Dwellings from records: where each stands, and which of those at one home holds its address."""

from collections.abc import Mapping

import polars as pl

from fangge.fusion.adapters.engine import as_parts, no_parts
from fangge.fusion.rules.linking import DWELLINGS, HOME_ENDS
from fangge.registers.queries.bearing import dwellings_held

SAID = {
    "address_record": pl.Int64,
    "address_id": pl.Int64,
    "grid_id": pl.Int64,
    "is_home": pl.Boolean,
}


def dwelling_parts(sources: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give what the sources' rows say of dwellings, as the engine takes it."""
    told = [
        as_parts(sources[one.source], source=one.source, part=one.part, fields=one.fields)
        for one in DWELLINGS
        if one.fields["number"] in sources[one.source].columns
    ]
    return pl.concat([no_parts("dwelling"), *told])


def place_dwellings(
    subjects: pl.DataFrame, members: pl.DataFrame, sources: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Add where each dwelling stands: address_id, grid_id and is_home, and the record of it.

    A record that names a home tells it before one that stops at the unit or the building; a
    dwelling of which no record names any address is left out.
    """
    said = [
        sources[one.source]
        .filter(pl.col("dwelling_address_id").is_not_null())
        .select(
            pl.col("record_id").alias("address_record"),
            pl.col("dwelling_address_id").alias("address_id"),
            pl.col("dwelling_grid_id").alias("grid_id"),
            pl.col("dwelling_home").str.contains(HOME_ENDS).alias("is_home"),
        )
        for one in DWELLINGS
        if "dwelling_home" in sources[one.source].columns
    ]
    chosen = subjects.select("cluster", "address_code_record")
    places = (
        members.select("cluster", address_record="record_id")
        .join(pl.concat([pl.DataFrame(schema=SAID), *said]), on="address_record")
        .join(chosen, on="cluster")
        .with_columns(is_chosen=pl.col("address_record").eq_missing(pl.col("address_code_record")))
        .sort(["is_home", "is_chosen", "address_record"], descending=[True, True, False])
        .unique("cluster", keep="first", maintain_order=True)
        .drop("address_code_record", "is_chosen")
        .rename({"address_record": "address_code_record"})
    )
    bare = subjects.drop("address_code_record")
    return bare.join(places, on="cluster", how="inner", maintain_order="left").with_columns(
        pl.col("floor_area_m2").cast(pl.Float64, strict=False).round(2)
    )


def keep_addresses(placed: pl.DataFrame) -> pl.DataFrame:
    """Give each dwelling the entry it was, in `id`, and tell which of them holds its address.

    `placed` has the entry that its records spoke of before. What holds an address keeps it
    whatever its records become: a home has one dwelling, by one code.
    """
    homes = placed.filter("is_home")
    held = dwellings_held(ids=placed["id"].drop_nulls(), address_ids=homes["address_id"])
    holders = held.filter("holds_address").select("address_id", holder="id")
    voted = held.select(pl.col("id"), voted_holds="holds_address")
    known = placed.join(holders, on="address_id", how="left", maintain_order="left").join(
        voted, on="id", how="left", maintain_order="left"
    )
    claims = (
        known.filter("is_home")
        .with_columns(is_holder=pl.col("id").eq_missing(pl.col("holder")))
        .sort(["is_holder", "cluster"], descending=[True, False])
        .unique("address_id", keep="first", maintain_order=True)
    )
    holds = pl.col("cluster").is_in(claims["cluster"].implode())
    free = pl.when(~pl.col("voted_holds").fill_null(value=False)).then("id")
    return known.with_columns(holds_address=holds).with_columns(
        id=pl.when("holds_address").then(pl.coalesce("holder", free)).otherwise(free)
    )


def hold_anew(placed: pl.DataFrame, *, before: pl.DataFrame) -> pl.DataFrame:
    """Tell which of a few dwellings is to hold its address, now that none of them does.

    `before` has those of them that did, which come first: id and address_id.
    """
    others = dwellings_held(ids=placed["id"].clear(), address_ids=placed["address_id"])
    taken = others.filter("holds_address")["address_id"]
    chosen = (
        placed.filter("is_home", ~pl.col("address_id").is_in(taken.implode()))
        .join(before.select("id", "address_id", was=True), on=["id", "address_id"], how="left")
        .sort(["was", "id"], nulls_last=True)
        .unique("address_id", keep="first", maintain_order=True)
    )
    return placed.with_columns(holds_address=pl.col("id").is_in(chosen["id"].implode()))
