"""Tenancies from records: who rents which dwelling from when, by what their sources say of both."""

from collections.abc import Mapping

import polars as pl

from fangge.fusion.actions.merging import Merging
from fangge.fusion.adapters.engine import (
    Fused,
    as_parts,
    fuse_plainly,
    no_parts,
    number_changed,
)
from fangge.fusion.adapters.kept import Kept
from fangge.fusion.adapters.relinking import Relinking
from fangge.fusion.rules.linking import DWELLING_PRECEDENCE, PARTS, TENANCIES
from fangge.registers.queries.bearing import tenant_occupancies

TOLD = pl.Schema(
    {
        "kind": pl.String,
        "resident_id": pl.Int64,
        "organisation_id": pl.Int64,
        "address_id": pl.Int64,
        "turn": pl.Int64,
        "grid_id": pl.Int64,
        "starts_on": pl.Date,
        "ends_on": pl.Date,
        "record_id": pl.Int64,
    }
)


def fuse_tenancies(parts: pl.DataFrame, *, fresh: pl.Series, merging: Merging) -> Fused:
    """Find which records speak of one tenancy; `fresh` are the records that were read anew.

    Records whose tenant or dwelling is another entry than before are compared anew as well.
    """
    known = merging.before.frames.get("parts.tenancy") if merging.before else None
    merging.after.frames["parts.tenancy"] = parts
    moved = parts if known is None else parts.join(known, on=parts.columns, how="anti",
                                                   nulls_equal=True)  # fmt: skip
    changed = pl.concat([number_changed(parts, fresh), moved["record_id"]]).unique()
    relinking = Relinking("tenancy", merging.before, merging.after, changed)
    return _fuse(parts, relinking)


def fuse_few(parts: pl.DataFrame) -> Fused:
    """Find which of a few records speak of one tenancy."""
    alone = Relinking("tenancy", None, Kept(), parts["record_id"])
    return _fuse(parts, alone)


def _fuse(parts: pl.DataFrame, relinking: Relinking) -> Fused:
    """Take what ended before the other began for another tenancy, however alike their days are."""
    ended = parts.select("record_id", "tenant", "dwelling", "ends_on").drop_nulls()
    began = parts.select("tenant", "dwelling", "starts_on", other="record_id").drop_nulls()
    after = ended.join(began, on=["tenant", "dwelling"]).filter(
        pl.col("ends_on") <= pl.col("starts_on"), pl.col("record_id") != pl.col("other")
    )
    apart = after.select(
        left=pl.col("record_id") // len(PARTS),
        left_part=pl.lit("tenancy"),
        right=pl.col("other") // len(PARTS),
        right_part=pl.lit("tenancy"),
        is_same=pl.lit(value=False),
    )
    return fuse_plainly(
        parts, precedence=DWELLING_PRECEDENCE, relinking=relinking, decided=apart.unique()
    )


def tenancy_parts(
    sources: Mapping[str, pl.DataFrame], tenants: pl.DataFrame, homes: pl.DataFrame
) -> pl.DataFrame:
    """Give what rows say of tenancies, with tenant and dwelling by the entries that they are.

    `tenants` and `homes` have record_id, part and entry_id.
    """
    tenant = tenants.filter(pl.col("part") == "tenant").select("record_id", tenant="entry_id")
    dwelling = homes.select("record_id", dwelling="entry_id")
    told = [
        as_parts(
            sources[one.source].join(tenant, on="record_id").join(dwelling, on="record_id"),
            source=one.source,
            part=one.part,
            fields=one.fields,
        )
        for one in TENANCIES
        if one.fields["starts_on"] in sources[one.source].columns
    ]
    return pl.concat([no_parts("tenancy"), *told]).sort("record_id")


def list_tenancies(fused: Fused, homes: pl.DataFrame) -> pl.DataFrame:
    """Give each tenancy as an occupancy, with its cluster.

    `homes` has entry_id, address_id and grid_id of dwellings. Where one tenant has several
    tenancies of one dwelling, they take turns by their first days.
    """
    told = fused.subjects.join(
        homes.rename({"entry_id": "dwelling"}), on="dwelling", maintain_order="left"
    ).sort("starts_on", "cluster", nulls_last=False)
    return told.select(
        kind=pl.lit("tenant"),
        resident_id="tenant",
        organisation_id=pl.lit(None, pl.Int64),
        address_id="address_id",
        turn=pl.int_range(pl.len(), dtype=pl.Int64).over("tenant", "address_id"),
        grid_id="grid_id",
        starts_on="starts_on",
        ends_on="ends_on",
        record_id=pl.coalesce("starts_on_record", "tenant_record"),
        cluster="cluster",
    )


def name_occupancies(fused: Fused, tenancies: pl.DataFrame) -> pl.DataFrame:
    """Give each record part the occupancy that its tenancy is, once they are written."""
    held = tenant_occupancies(tenancies["resident_id"])
    named = tenancies.join(held, on=["resident_id", "address_id", "turn"])
    return fused.members.join(named.select("cluster", "entry_id"), on="cluster")
