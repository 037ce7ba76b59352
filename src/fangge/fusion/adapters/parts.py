"""A few record parts as the engine takes them, and what the engine says of them."""

from collections.abc import Mapping, Sequence

import polars as pl

from fangge.engine.linkage.comparison import compare_pairs
from fangge.engine.linkage.constraints import honour_decisions
from fangge.engine.linkage.explanation import explain_cluster
from fangge.engine.linkage.parameters import Parameters, rescale_prior
from fangge.engine.linkage.schema import MISSING, VALUE_COUNTS
from fangge.engine.linkage.scoring import weigh_fields
from fangge.engine.linkage.standardise.identifiers import standardise_identifiers
from fangge.engine.linkage.standardise.records import prepare_records
from fangge.fusion.adapters.engine import (
    DWELLING_FIELDS,
    ORGANISATION_FIELDS,
    as_parts,
    names_in,
    number_decided,
    number_parts,
    part_of,
)
from fangge.fusion.adapters.relinking import PARAMETERS
from fangge.fusion.queries.decisions import count_parts
from fangge.fusion.queries.life import opened_firms, speaking_rows
from fangge.fusion.queries.records import address_readings, current_records
from fangge.fusion.rules.life import FIRMS
from fangge.fusion.rules.linking import (
    DWELLINGS,
    FIRM,
    PARTS,
    READINGS,
    SPEAKERS,
    Speaker,
)
from fangge.registers.queries.addresses import places_of
from fangge.registers.queries.figures import name_shares

NAMED = ("address_id", "code", "home", "full_name", "address_level", "grid_id")


def speakers_of(kind: str) -> tuple[Speaker, ...]:
    """Name the parts of sources' rows that speak of such a subject."""
    if kind == "organisation":
        return FIRM, FIRM._replace(source=FIRMS)
    return DWELLINGS if kind == "dwelling" else SPEAKERS


def speaker_of(kind: str, source: str, part: str) -> Speaker:
    """Give the speaker that this part of a source's row is."""
    return next(one for one in speakers_of(kind) if (one.source, one.part) == (source, part))


def parameters_of(kind: str) -> Parameters:
    return PARAMETERS[kind]()


def read_rows(record_ids: Sequence[int]) -> dict[str, pl.DataFrame]:
    """Read these records by source, each with the addresses that its place columns were read as."""
    readings = address_readings(record_ids)
    places = readings.join(
        places_of(readings["address_id"].unique().to_list()), on="address_id"
    ).select("record_id", "part", *NAMED)
    rows = {}
    for source in dict.fromkeys(reading.source for reading in READINGS):
        found = current_records(source, record_ids=record_ids)
        for reading in READINGS:
            if reading.source == source:
                found = _with_place(found, reading.part, places)
        rows[source] = found
    return rows


def _with_place(rows: pl.DataFrame, part: str, places: pl.DataFrame) -> pl.DataFrame:
    names = {
        "address_id": f"{part}_address_id",
        "code": f"{part}_code",
        "home": f"{part}_home",
        "full_name": f"{part}_place",
        "address_level": f"{part}_level",
        "grid_id": f"{part}_grid_id",
    }
    named = places.filter(pl.col("part") == part).drop("part").rename(names)
    return rows.join(named, on="record_id", how="left", maintain_order="left")


def parts_from(
    rows: Mapping[str, pl.DataFrame], members: pl.DataFrame, *, kind: str
) -> pl.DataFrame:
    """Take the parts named in `members` (record_id, part) out of the rows."""
    wanted = number_parts(members["record_id"], members["part"])
    told = pl.concat(
        as_parts(
            _speaking(speaker.source, rows[speaker.source]),
            source=speaker.source,
            part=speaker.part,
            fields=speaker.fields,
        )
        for speaker in speakers_of(kind)
        if rows[speaker.source].height
    )
    return told.filter(pl.col("record_id").is_in(wanted.implode())).sort("record_id")


def _speaking(source: str, rows: pl.DataFrame) -> pl.DataFrame:
    spoken = speaking_rows(source, rows)
    return opened_firms(spoken) if source == FIRMS else spoken


def speaking_members(members: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """Leave the parts that say something of their subject; a mere event of it does not."""
    rows = read_rows(members["record_id"].unique().to_list())
    spoken = parts_from(rows, members, kind=kind)["record_id"]
    return members.filter(
        number_parts(members["record_id"], members["part"]).is_in(spoken.implode())
    )


def weigh_pairs(parts: pl.DataFrame, pairs: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """Say what each field of each pair adds: left, right, {field}, {field}_bits, prior and weight.

    `pairs` has left and right, the engine's numbers. How rare a name is, the register says, since
    the few parts here cannot.
    """
    n_parts = count_parts(kind)
    parameters = rescale_prior(parameters_of(kind), n_parts)
    ready = prepare_records(parts, parameters)
    at = {number: place for place, number in enumerate(ready["record_id"])}
    known = pairs.filter(pl.col("left").is_in(list(at)) & pl.col("right").is_in(list(at)))
    places = known.select(
        pl.col(side).replace_strict(at, return_dtype=pl.Int64) for side in ("left", "right")
    )
    levels = compare_pairs(ready, places, parameters)
    bits = weigh_fields(ready, levels, _count_names(parts, ready, kind, n_parts), parameters)
    return known.select(
        "left",
        "right",
        *(levels[field.name] for field in parameters.fields),
        *(pl.Series(f"{field.name}_bits", bits[field.name]) for field in parameters.fields),
        prior=pl.lit(parameters.prior_bits),
    ).with_columns(
        weight=pl.col("prior")
        + pl.sum_horizontal(f"{field.name}_bits" for field in parameters.fields)
    )


def _count_names(parts: pl.DataFrame, ready: pl.DataFrame, kind: str, n_parts: int) -> pl.DataFrame:
    if "name" not in parts.columns:
        return pl.DataFrame(schema=dict(VALUE_COUNTS))
    shares = name_shares(kind, names_in(parts).drop_nulls().unique().to_list())
    counted = pl.DataFrame(
        {
            "field": pl.repeat("name", ready.height, eager=True),
            "value": ready["name"],
            "n": [
                round(max(1.0, shares.get(name or "", 0.0) * n_parts))
                for name in parts.sort("record_id")["name"]
            ],
        },
        schema=dict(VALUE_COUNTS),
    )
    return counted.filter(pl.col("value") != 0).unique("value", keep="first").sort("value")


def levels_of(weighed: pl.DataFrame, *, kind: str) -> list[dict[str, int | None]]:
    """Give field to agreement level of each pair; none where a side is blank."""
    names = [field.name for field in parameters_of(kind).fields]
    return [
        {name: None if row[name] == MISSING else int(row[name]) for name in names}
        for row in weighed.select(names).iter_rows(named=True)
    ]


def part_as_decided(parts: pl.DataFrame, decided: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """Part one entry's record parts by what was decided: record_id, part and cluster.

    `decided` is as in `fuse_residents`. What nobody decided follows the evidence, as it would in
    a link run.
    """
    parameters = parameters_of(kind)
    numbers = parts["record_id"]
    all_pairs = (
        pl.DataFrame({"left": numbers})
        .join(pl.DataFrame({"right": numbers}), how="cross")
        .filter(pl.col("left") < pl.col("right"))
    )
    whole = parts.select(
        "record_id",
        cluster=pl.col("record_id").min(),
        method=pl.lit("score"),
        weight=pl.lit(None, pl.Float32),
    )
    codes = prepare_records(parts, parameters).select("record_id", key=parameters.identifier)
    weighed = weigh_pairs(parts, all_pairs, kind=kind)
    found = honour_decisions(
        whole,
        codes.filter(pl.col("key") != 0),
        weighed.filter(pl.col("weight") >= parameters.link_from_bits),
        number_decided(decided),
    )
    return found.select(
        pl.col("record_id") // len(PARTS), part=part_of("record_id"), cluster="cluster"
    )


def fields_of(kind: str) -> tuple[str, ...]:
    """Name the fields that a pair is compared by, as the desk shows them."""
    if kind == "organisation":
        return tuple(name for name in ORGANISATION_FIELDS if name != "updated_on")
    if kind == "dwelling":
        return tuple(name for name in DWELLING_FIELDS if name != "updated_on")
    return ("name", "sex", "birth_on", "identifier", "phone", "address_code")


def span_parts(parts: pl.DataFrame, decided: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """Say what holds an entry's parts together: left, right, by and bits, one less than parts.

    Equal identifiers come first, then what a person decided, then the strongest evidence.
    """
    numbers = parts["record_id"]
    every = (
        pl.DataFrame({"left": numbers})
        .join(pl.DataFrame({"right": numbers}), how="cross")
        .filter(pl.col("left") < pl.col("right"))
    )
    weighed = weigh_pairs(parts, every, kind=kind).select("left", "right", bits="weight")
    parameters = parameters_of(kind)
    keys = prepare_records(parts, parameters).select("record_id", key=parameters.identifier)
    same = number_decided(decided).filter("is_same").select("left", "right", is_decided=True)
    told = (
        weighed.join(keys, left_on="left", right_on="record_id")
        .join(keys, left_on="right", right_on="record_id", suffix="_right")
        .join(same, on=["left", "right"], how="left")
        .with_columns(
            by=pl.when((pl.col("key") != 0) & (pl.col("key") == pl.col("key_right")))
            .then(pl.lit("identifier"))
            .when(pl.col("is_decided").fill_null(value=False))
            .then(pl.lit("person"))
            .otherwise(pl.lit("score"))
        )
    )
    sure = {"identifier": float("inf"), "person": 1e6}
    edges = told.with_columns(
        weight=pl.col("by").replace_strict(sure, default=None, return_dtype=pl.Float64)
    ).with_columns(weight=pl.coalesce("weight", "bits"))
    spanning = explain_cluster(parts.select("record_id"), edges.select("left", "right", "weight"))
    return spanning.join(told, on=["left", "right"], maintain_order="left").select(
        "left", "right", "by", "bits"
    )


def codes_of(values: Mapping[int, Mapping[str, object]], kind: str) -> set[str]:
    """Give the valid identifiers that these parts say."""
    if kind == "dwelling":
        return set()
    name = "identifier" if kind == "resident" else "credit_code"
    said = pl.Series([row.get(name) for row in values.values()], dtype=pl.String)
    checked = standardise_identifiers(said) if kind == "resident" else said
    return set(checked.drop_nulls())
