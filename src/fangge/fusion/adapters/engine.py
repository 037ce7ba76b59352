"""Staged rows to engine tables, and what the engine found back to rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fangge.engine.linkage.pipeline import Linked
from fangge.engine.linkage.schema import REVIEWED
from fangge.engine.linkage.standardise.identifiers import standardise_identifiers
from fangge.engine.linkage.survivorship import choose_values, measure_commonness
from fangge.fusion.adapters.relinking import Relinking
from fangge.fusion.rules.linking import PARTS
from fangge.registers.queries.figures import count_characters

ENOUGH = 1_000
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
DWELLING_FIELDS = ("address_code", "number", "floor_area_m2", "use", "updated_on")
TENANCY_FIELDS = ("tenant", "dwelling", "starts_on", "ends_on", "updated_on")
FIELDS = {
    "organisation": ORGANISATION_FIELDS,
    "dwelling": DWELLING_FIELDS,
    "tenancy": TENANCY_FIELDS,
}
TYPES: Mapping[str, type[pl.DataType]] = {
    "birth_on": pl.Date,
    "updated_on": pl.Date,
    "founded_on": pl.Date,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "tenant": pl.Int64,
    "dwelling": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Fused:
    """Subjects with their best values, and the record parts that speak of each."""

    subjects: pl.DataFrame  # cluster, every field and {field}_record
    members: pl.DataFrame  # cluster, record_id, part, method, weight
    pairs: pl.DataFrame  # left, left_part, right, right_part (record ids and parts), weight


def as_parts(
    rows: pl.DataFrame, *, source: str, part: str, fields: Mapping[str, str]
) -> pl.DataFrame:
    """Take one part of each row, with the engine's field names and a number of its own.

    `fields` maps the engine's field to the row's column; fields not named are missing.
    """
    wanted = FIELDS.get(part, RESIDENT_FIELDS)
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


def no_parts(part: str) -> pl.DataFrame:
    """Give what no row says, with the columns that rows would give."""
    nothing = pl.DataFrame(schema={"record_id": pl.Int64})
    return as_parts(nothing, source="", part=part, fields={})


def dates_said(parts: pl.DataFrame) -> pl.DataFrame:
    """Give the date that each record gives for what it says: record_id and said_on."""
    return (
        parts.select(pl.col("record_id") // len(PARTS), said_on="updated_on")
        .drop_nulls()
        .unique("record_id", keep="first")
    )


def fuse_residents(
    parts: pl.DataFrame,
    *,
    precedence: Mapping[str, int],
    relinking: Relinking,
    decided: pl.DataFrame | None = None,
) -> Fused:
    """Find which record parts speak of one resident, and the best value of each field.

    An identifier that fails its check is evidence for linking, but never stands in a register.
    `decided` has left, left_part, right, right_part and is_same: what persons decided holds.
    """
    linked = relinking.link(parts, None if decided is None else number_decided(decided))
    return _fuse(_checked(parts), linked, precedence, relinking=relinking)


def fuse_plainly(
    parts: pl.DataFrame,
    *,
    precedence: Mapping[str, int],
    relinking: Relinking,
    decided: pl.DataFrame | None = None,
) -> Fused:
    """Find which records speak of one organisation, dwelling or tenancy, and the best values."""
    linked = relinking.link(parts, None if decided is None else number_decided(decided))
    return _fuse(parts, linked, precedence, relinking=relinking)


def number_changed(parts: pl.DataFrame, record_ids: pl.Series) -> pl.Series:
    """Give the engine's numbers of the parts of these records."""
    return parts.filter((pl.col("record_id") // len(PARTS)).is_in(record_ids.implode()))[
        "record_id"
    ]


def fuse_as_told(
    parts: pl.DataFrame, members: pl.DataFrame, *, kind: str, precedence: Mapping[str, int]
) -> Fused:
    """Take it from `members` (cluster, record_id, part) which parts are one, and find best values.

    A link run that puts the same parts together finds the same values.
    """
    told = members.select(
        number_parts(members["record_id"], members["part"]).alias("record_id"),
        told="cluster",
        method=pl.lit("person"),
        weight=pl.lit(None, pl.Float32),
    )
    # A mere event of somebody says nothing of them; the engine calls a subject by its first record.
    told = told.join(parts.select("record_id"), on="record_id", how="semi")
    clusters = told.with_columns(cluster=pl.col("record_id").min().over("told"))
    linked = Linked(clusters=clusters, pairs=pl.DataFrame(schema=dict(REVIEWED)))
    checked = _checked(parts) if kind == "resident" else parts
    commonness = _commonness_of(names_in(checked), kind)
    fused = _fuse(checked, linked, precedence, commonness=commonness)
    names = clusters.select("cluster", "told").unique("cluster")
    subjects, parts_of = (
        frame.join(names, on="cluster", maintain_order="left")
        .with_columns(pl.col("told").alias("cluster"))
        .drop("told")
        for frame in (fused.subjects, fused.members)
    )
    return Fused(subjects=subjects.sort("cluster"), members=parts_of, pairs=fused.pairs)


def _commonness_of(names: pl.Series, kind: str) -> np.ndarray:
    """Measure how common the characters of a few names are, as the whole register has them."""
    counts = count_characters(kind, set("".join(names.drop_nulls())))
    most = max(counts.values(), default=1)
    # Only which is the more common matters: so many of each, in proportion, tell it as well.
    few = {one: max(1, round(n * ENOUGH / most)) for one, n in counts.items() if n}
    return measure_commonness(pl.Series([one for one, n in few.items() for _ in range(n)]))


def number_parts(records: pl.Series, parts: pl.Series) -> pl.Series:
    """Give the engine's number of each record part."""
    places = parts.replace_strict(list(PARTS), list(range(len(PARTS))), return_dtype=pl.Int64)
    return records * len(PARTS) + places


def _checked(parts: pl.DataFrame) -> pl.DataFrame:
    return parts.with_columns(standardise_identifiers(parts["identifier"]).alias("identifier"))


def number_decided(decided: pl.DataFrame) -> pl.DataFrame:
    """Give what was decided by the engine's numbers: left (the smaller), right and is_same."""
    left = number_parts(decided["left"], decided["left_part"])
    right = number_parts(decided["right"], decided["right_part"])
    return pl.DataFrame({"one": left, "other": right, "is_same": decided["is_same"]}).select(
        left=pl.min_horizontal("one", "other"),
        right=pl.max_horizontal("one", "other"),
        is_same="is_same",
    )


def _choose_again(
    parts: pl.DataFrame,
    linked: Linked,
    precedence: Mapping[str, int],
    relinking: Relinking,
) -> pl.DataFrame:
    """Choose the values of each subject, anew only where the answer may be another than before."""
    clusters, commonness = linked.clusters, measure_commonness(names_in(parts))
    touched, before = relinking.touched(clusters), relinking.subjects_before()
    if touched is None or before is None:
        chosen = choose_values(
            parts, clusters, precedence, prepared=linked.prepared, commonness=commonness
        )
    else:
        again = pl.concat([touched, _named_otherwise(parts, clusters)]).unique()
        due = clusters.filter(pl.col("cluster").is_in(again.implode()))
        few = parts.join(due.select("record_id"), on="record_id", how="semi")
        anew = choose_values(few, due, precedence, commonness=commonness)
        kept = before.filter(~pl.col("cluster").is_in(again.implode()))
        chosen = pl.concat([kept, anew]).sort("cluster")
    relinking.keep_subjects(chosen)
    return chosen


def names_in(parts: pl.DataFrame) -> pl.Series:
    """Give the names that parts say; those of a dwelling say none."""
    return parts["name"] if "name" in parts.columns else pl.Series("name", [], pl.String)


def _named_otherwise(parts: pl.DataFrame, clusters: pl.DataFrame) -> pl.Series:
    """Give the clusters whose records differ in a name: how common it is elsewhere decides."""
    names = [name for name in ("name", "representative") if name in parts.columns]
    if not names:
        return clusters["cluster"].clear()
    differs = (
        parts.select("record_id", *names)
        .join(clusters.select("record_id", "cluster"), on="record_id")
        .group_by("cluster")
        .agg(pl.col(name).drop_nulls().n_unique() for name in names)
        .filter(pl.any_horizontal(pl.col(name) > 1 for name in names))
    )
    return differs["cluster"]


def _fuse(
    parts: pl.DataFrame,
    linked: Linked,
    precedence: Mapping[str, int],
    *,
    commonness: np.ndarray | None = None,
    relinking: Relinking | None = None,
) -> Fused:
    chosen = (
        _choose_again(parts, linked, precedence, relinking)
        if relinking
        else choose_values(
            parts, linked.clusters, precedence, prepared=linked.prepared, commonness=commonness
        )
    )
    n_parts = len(PARTS)
    subjects = chosen.with_columns(
        pl.col(name) // n_parts for name in chosen.columns if name.endswith("_record")
    )
    members = linked.clusters.select(
        "cluster",
        pl.col("record_id") // n_parts,
        part=part_of("record_id"),
        method="method",
        weight="weight",
    )
    pairs = linked.pairs.select(
        left=pl.col("left") // n_parts,
        left_part=part_of("left"),
        right=pl.col("right") // n_parts,
        right_part=part_of("right"),
        weight="weight",
    )
    return Fused(subjects=subjects, members=members, pairs=pairs)


def part_of(number: str) -> pl.Expr:
    """Give the part that the engine's number stands for."""
    n_parts = len(PARTS)
    return (pl.col(number) % n_parts).replace_strict(
        list(range(n_parts)), list(PARTS), return_dtype=pl.String
    )
