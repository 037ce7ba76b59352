"""Write what the engine found to the registers, and keep every decision."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl
from django.db import connection

from fangge.fusion.actions.housing import keep_addresses, place_dwellings
from fangge.fusion.actions.identity import keep_identity, vote_on_identity
from fangge.fusion.actions.merging import Merging
from fangge.fusion.actions.overlay import correct_residents, move_organisations
from fangge.fusion.adapters.engine import Fused
from fangge.fusion.adapters.kept import changed_rows, gone_rows
from fangge.fusion.models.run import Run
from fangge.fusion.rules.linking import READINGS
from fangge.kernel.bulk import copy_frame, read_frame
from fangge.registers.actions.bulk import Written
from fangge.registers.actions.dwellings import register_dwellings
from fangge.registers.actions.organisations import register_organisations
from fangge.registers.actions.residents import register_residents

MOST_NAMED = 50_000
"""Up to here what holds is read by name; beyond it is quicker to read it all."""
RESIDENT_VALUES = ("name", "sex", "birth_on", "identifier", "phone", "ends_on")
ORGANISATION_VALUES = (
    "name",
    "kind",
    "credit_code",
    "state",
    "address_id",
    "grid_id",
    "starts_on",
    "ends_on",
)
DWELLING_VALUES = ("address_id", "holds_address", "grid_id", "number", "use", "floor_area_m2")
DWELLING_ORIGINS = ("address_code", "number", "use", "floor_area_m2")
RESIDENT_ORIGINS = ("name", "sex", "birth_on", "identifier", "phone", "ends_on")
ORGANISATION_ORIGINS = ("name", "credit_code", "address_code", "founded_on", "ends_on")


def merge_residents(
    fused: Fused, said: pl.DataFrame, *, merging: Merging
) -> tuple[pl.DataFrame, Written]:
    """Write residents; give back each record part with the entry it speaks of."""
    entries = resident_entries(keep_identity(fused, kind="resident", merging=merging))
    told = entries.select("cluster", "id", *RESIDENT_VALUES, "origins")
    return _register(fused, told, register_residents, "residents", said=said, merging=merging)


def resident_entries(subjects: pl.DataFrame) -> pl.DataFrame:
    """Give residents as their register takes them; `subjects` has id, null where new."""
    corrected = correct_residents(subjects)
    return corrected.with_columns(origins=_origins(RESIDENT_ORIGINS))


def merge_organisations(
    fused: Fused, rows: pl.DataFrame, *, merging: Merging
) -> tuple[pl.DataFrame, Written]:
    """Write organisations; what only their own register says comes from the named record."""
    entries = organisation_entries(keep_identity(fused, kind="organisation", merging=merging), rows)
    told = entries.select("cluster", "id", *ORGANISATION_VALUES, "origins")
    return _register(
        fused, told, register_organisations, "organisations", said=None, merging=merging
    )


def organisation_entries(subjects: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Give organisations as their register takes them; `rows` are those of the firms' source."""
    said = rows.select(
        pl.col("record_id").alias("name_record"),
        "kind",
        "state",
        pl.col("founded_on").alias("starts_on"),
        pl.col("dissolved_on").alias("ends_on"),
        pl.col("trades_address_id").alias("address_id"),
        pl.col("trades_grid_id").alias("grid_id"),
    )
    joined = subjects.join(said, on="name_record", how="left", maintain_order="left")
    return move_organisations(joined).with_columns(origins=_origins(ORGANISATION_ORIGINS))


def merge_dwellings(
    fused: Fused, sources: Mapping[str, pl.DataFrame], *, merging: Merging
) -> tuple[pl.DataFrame, Written]:
    """Write dwellings; give back each record part with the entry it speaks of."""
    subjects = vote_on_identity(fused, kind="dwelling", merging=merging)
    entries = dwelling_entries(keep_addresses(place_dwellings(subjects, fused.members, sources)))
    told = entries.select("cluster", "id", *DWELLING_VALUES, "origins")
    return _register(fused, told, register_dwellings, "dwellings", said=None, merging=merging)


def dwelling_entries(placed: pl.DataFrame) -> pl.DataFrame:
    """Give dwellings as their register takes them; `placed` has id, null where new."""
    return placed.with_columns(origins=_origins(DWELLING_ORIGINS))


def _register(
    fused: Fused,
    entries: pl.DataFrame,
    register: Callable[..., tuple[pl.DataFrame, Written]],
    name: str,
    *,
    said: pl.DataFrame | None,
    merging: Merging,
) -> tuple[pl.DataFrame, Written]:
    """Write the entries that are new or other than the run before left them; end those gone."""
    told = entries.drop("cluster")
    before = merging.before.frames.get(name) if merging.before else None
    other = changed_rows(told.filter(pl.col("id").is_not_null()), before)
    due = entries.filter(pl.col("id").is_null() | pl.col("id").is_in(other["id"].implode()))
    gone = gone_rows(told, before, ["id"])
    numbered, written = register(
        actor=merging.actor,
        **{name: due},
        run_id=merging.run.pk,
        said=said,
        ended=None if gone is None else gone["id"],
        now=merging.now,
    )
    fresh = numbered.select("cluster", pl.col("id").alias("fresh_id"))
    whole = entries.join(fresh, on="cluster", how="left", maintain_order="left").with_columns(
        pl.coalesce("id", "fresh_id").alias("id")
    )
    merging.after.frames[name] = whole.select(told.columns)
    n_same = written.n_same + entries.height - due.height
    return _with_entries(fused, whole), replace(written, n_same=n_same)


def _origins(fields: tuple[str, ...]) -> pl.Expr:
    """Write field to record as JSON, leaving out fields that nobody spoke of."""
    told = [
        pl.when(pl.col(f"{field}_record").is_not_null()).then(
            pl.format('"{}":{}', pl.lit(field), f"{field}_record")
        )
        for field in fields
    ]
    listed = pl.concat_str(told, separator=",", ignore_nulls=True)
    return pl.concat_str(pl.lit("{"), listed, pl.lit("}"))


def _with_entries(fused: Fused, numbered: pl.DataFrame) -> pl.DataFrame:
    return fused.members.join(
        numbered.select("cluster", pl.col("id").alias("entry_id")), on="cluster"
    )


def keep_decisions(members: pl.DataFrame, *, kind: str, merging: Merging) -> int:
    """Append a decision for each record part whose entry changed; give how many."""
    name = f"members.{kind}"
    place = members.select("record_id", "part", "entry_id")
    due = members.join(merging.changed(name, place), on=place.columns)
    told = due.select(
        "record_id",
        "part",
        "entry_id",
        "method",
        pl.col("weight").alias("weight_bits"),
        pl.lit("[]").alias("reasons"),
    )
    return _append(told, kind=kind, merging=merging)


def keep_readings(fresh: Mapping[str, pl.DataFrame], *, merging: Merging) -> int:
    """Append how each of these address texts was read; an entry of nothing where none fits."""
    n_kept = 0
    for reading in READINGS:
        part, rows = reading.part, fresh[reading.source]
        if rows.is_empty():
            continue
        told = rows.select(
            "record_id",
            pl.lit(part).alias("part"),
            pl.col(f"{part}_address_id").alias("entry_id"),
            pl.lit("read").alias("method"),
            pl.col(f"{part}_score").cast(pl.Float64).alias("weight_bits"),
            pl.col(f"{part}_reasons").alias("listed"),
        )
        distinct = told.select(pl.col("listed").unique())
        texts = [
            json.dumps(reasons, ensure_ascii=False) for reasons in distinct["listed"].to_list()
        ]
        spelt = distinct.with_columns(pl.Series("reasons", texts, dtype=pl.String))
        n_kept += _append(
            told.join(spelt, on="listed", how="left", nulls_equal=True).drop("listed"),
            kind="address",
            merging=merging,
        )
    return n_kept


def _append(told: pl.DataFrame, *, kind: str, merging: Merging) -> int:
    told = _drop_current(told, kind)
    if told.is_empty():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_decision (record_id bigint, part varchar, entry_id bigint, "
            "method varchar, weight_bits double precision, reasons jsonb) ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_decision", told)
        cursor.execute("ANALYZE stage_decision")
        cursor.execute(
            "DELETE FROM stage_decision staged USING fusion_linkdecision held "
            "WHERE held.record_id = staged.record_id AND held.part = staged.part "
            "AND held.kind = %s AND held.is_current "
            "AND held.entry_id IS NOT DISTINCT FROM staged.entry_id",
            [kind],
        )
        cursor.execute(
            "UPDATE fusion_linkdecision held SET is_current = false FROM stage_decision staged "
            "WHERE held.record_id = staged.record_id AND held.part = staged.part "
            "AND held.kind = %s AND held.is_current",
            [kind],
        )
        cursor.execute(
            "INSERT INTO fusion_linkdecision (record_id, part, kind, entry_id, method, "
            "weight_bits, reasons, run_id, decided_at, decided_by, is_current) "
            "SELECT record_id, part, %s, entry_id, method, weight_bits, reasons, %s, %s, %s, true "
            "FROM stage_decision ORDER BY record_id",
            [kind, merging.run.pk, merging.now, merging.actor.reference],
        )
        n_kept = cursor.rowcount
        cursor.execute("DROP TABLE stage_decision")
    return int(n_kept)


def _drop_current(told: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Leave out what holds already: a run in which nothing changed has nothing to stage."""
    place = {"record_id": pl.Int64, "part": pl.String, "entry_id": pl.Int64}
    ids = told["record_id"]
    held = read_frame(
        "SELECT record_id, part, entry_id FROM fusion_linkdecision "
        "WHERE is_current AND kind = %s AND (%s OR record_id = ANY(%s::bigint[]))",
        (kind, ids.len() > MOST_NAMED, ids.head(MOST_NAMED).to_list()),
        schema=place,
    )
    return told.with_columns(pl.col("record_id", "entry_id").cast(pl.Int64)).join(
        held, on=held.columns, how="anti", nulls_equal=True, maintain_order="left"
    )


def keep_pairs(pairs: pl.DataFrame, *, kind: str, run: Run) -> int:
    """Keep the pairs that a person should decide, each once."""
    if pairs.is_empty():
        return 0
    held = read_frame(
        "SELECT left_id, left_part, right_id, right_part, weight_bits FROM fusion_pair "
        "WHERE kind = %s",
        (kind,),
        schema={
            "left_id": pl.Int64,
            "left_part": pl.String,
            "right_id": pl.Int64,
            "right_part": pl.String,
            "weight_bits": pl.Float64,
        },
    )
    told = pairs.select(
        pl.col("left").cast(pl.Int64).alias("left_id"),
        pl.col("left_part").cast(pl.String),
        pl.col("right").cast(pl.Int64).alias("right_id"),
        pl.col("right_part").cast(pl.String),
        pl.col("weight").cast(pl.Float64).alias("weight_bits"),
    ).join(held, on=held.columns, how="anti", maintain_order="left")
    if told.is_empty():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_pair (left_id bigint, left_part varchar, right_id bigint, "
            "right_part varchar, weight_bits float8) ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_pair", told)
        cursor.execute(
            "INSERT INTO fusion_pair (run_id, kind, left_id, left_part, right_id, right_part, "
            "weight_bits) SELECT %s, %s, left_id, left_part, right_id, right_part, weight_bits "
            "FROM stage_pair ON CONFLICT (left_id, left_part, right_id, right_part, kind) "
            "DO UPDATE SET weight_bits = excluded.weight_bits "
            "WHERE fusion_pair.weight_bits <> excluded.weight_bits",
            [run.pk, kind],
        )
        n_kept = cursor.rowcount
        cursor.execute("DROP TABLE stage_pair")
    return int(n_kept)
