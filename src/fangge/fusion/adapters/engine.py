"""Staged rows to engine tables, and what the engine found back to rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from fangge.engine.linkage.parameters import organisation_parameters, resident_parameters
from fangge.engine.linkage.pipeline import Linked, link_records
from fangge.engine.linkage.standardise.identifiers import standardise_identifiers
from fangge.engine.linkage.survivorship import choose_values

PARTS = ("holder", "tenant", "owner", "organisation")
"""What of a row speaks of a subject; the engine's record is the row's number times this many."""

RESIDENT_FIELDS = ("name", "sex", "birth_on", "identifier", "phone", "address_code", "updated_on")
ORGANISATION_FIELDS = (
    "name",
    "credit_code",
    "phone",
    "address_code",
    "representative",
    "founded_on",
    "updated_on",
)
TYPES: Mapping[str, type[pl.DataType]] = {
    "birth_on": pl.Date,
    "updated_on": pl.Date,
    "founded_on": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Fused:
    """Subjects with their best values, and the record parts that speak of each."""

    subjects: pl.DataFrame  # cluster, every field and {field}_record
    members: pl.DataFrame  # cluster, record_id, part, method, weight
    pairs: pl.DataFrame  # left, right (record ids), weight


def as_parts(
    rows: pl.DataFrame, *, source: str, part: str, fields: Mapping[str, str]
) -> pl.DataFrame:
    """Take one part of each row, with the engine's field names and a number of its own.

    `fields` maps the engine's field to the row's column; fields not named are missing.
    """
    wanted = ORGANISATION_FIELDS if part == "organisation" else RESIDENT_FIELDS
    return rows.select(
        (pl.col("record_id") * len(PARTS) + PARTS.index(part)).alias("record_id"),
        pl.lit(source).alias("source"),
        *(
            (pl.col(fields[name]) if name in fields else pl.lit(None))
            .cast(TYPES.get(name, pl.String))
            .alias(name)
            for name in wanted
        ),
    )


def fuse_residents(parts: pl.DataFrame, *, precedence: Mapping[str, int]) -> Fused:
    """Find which record parts speak of one resident, and the best value of each field.

    An identifier that fails its check is evidence for linking, but never stands in a register.
    """
    linked = link_records(parts, resident_parameters())
    checked = parts.with_columns(standardise_identifiers(parts["identifier"]).alias("identifier"))
    return _fuse(checked, linked, precedence)


def fuse_organisations(parts: pl.DataFrame, *, precedence: Mapping[str, int]) -> Fused:
    """Find which records speak of one organisation, and the best value of each field."""
    return _fuse(parts, link_records(parts, organisation_parameters()), precedence)


def _fuse(parts: pl.DataFrame, linked: Linked, precedence: Mapping[str, int]) -> Fused:
    chosen = choose_values(parts, linked.clusters, precedence)
    n_parts = len(PARTS)
    subjects = chosen.with_columns(
        pl.col(name) // n_parts for name in chosen.columns if name.endswith("_record")
    )
    members = linked.clusters.select(
        "cluster",
        pl.col("record_id") // n_parts,
        part=(pl.col("record_id") % n_parts).replace_strict(
            list(range(n_parts)), list(PARTS), return_dtype=pl.String
        ),
        method="method",
        weight="weight",
    )
    pairs = linked.pairs.select(
        left=pl.col("left") // n_parts, right=pl.col("right") // n_parts, weight="weight"
    )
    return Fused(subjects=subjects, members=members, pairs=pairs)
