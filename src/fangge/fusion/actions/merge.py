"""Write what the engine found to the registers, and keep every decision."""

import json
from collections.abc import Mapping
from datetime import datetime

import polars as pl
from django.db import connection

from fangge.fusion.actions.overlay import correct_residents, move_organisations
from fangge.fusion.adapters.engine import Fused
from fangge.fusion.models.run import Run
from fangge.fusion.rules.linking import READINGS
from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame, read_frame
from fangge.registers.actions.bulk import Written
from fangge.registers.actions.dwellings import register_dwellings
from fangge.registers.actions.organisations import register_organisations
from fangge.registers.actions.residents import register_residents

RESIDENT_ORIGINS = ("name", "sex", "birth_on", "identifier", "phone", "ends_on")
ORGANISATION_ORIGINS = ("name", "credit_code", "address_code", "founded_on", "ends_on")


def merge_residents(
    fused: Fused, *, actor: Actor, run: Run, now: datetime
) -> tuple[pl.DataFrame, Written]:
    """Write residents; give back each record part with the entry it speaks of."""
    entries = resident_entries(_keep_identity(fused, kind="resident"))
    numbered, written = register_residents(actor=actor, residents=entries, run_id=run.pk, now=now)
    return _with_entries(fused, numbered), written


def resident_entries(subjects: pl.DataFrame) -> pl.DataFrame:
    """Give residents as their register takes them; `subjects` has id, null where new."""
    corrected = correct_residents(subjects)
    return corrected.with_columns(origins=_origins(RESIDENT_ORIGINS))


def merge_organisations(
    fused: Fused, rows: pl.DataFrame, *, actor: Actor, run: Run, now: datetime
) -> tuple[pl.DataFrame, Written]:
    """Write organisations; what only their own register says comes from the named record."""
    entries = organisation_entries(_keep_identity(fused, kind="organisation"), rows)
    numbered, written = register_organisations(
        actor=actor, organisations=entries, run_id=run.pk, now=now
    )
    return _with_entries(fused, numbered), written


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


def write_dwellings(rows: pl.DataFrame, *, actor: Actor, run: Run, now: datetime) -> Written:
    """Write a dwelling for each room, or single house, that the housing register names."""
    stands = pl.col("dwelling_level").is_in(["room", "number"])
    entries = (
        rows.filter(stands & pl.col("dwelling_address_id").is_not_null())
        .sort("record_id")
        .unique("dwelling_address_id", keep="last", maintain_order=True)
        .select(
            pl.col("dwelling_address_id").alias("address_id"),
            pl.col("dwelling_grid_id").alias("grid_id"),
            "use",
            pl.col("floor_area_m2").round(2),
            origins=pl.format(
                '{{"address":{},"use":{},"floor_area_m2":{}}}',
                "record_id",
                "record_id",
                "record_id",
            ),
        )
    )
    return register_dwellings(actor=actor, dwellings=entries, run_id=run.pk, now=now)[1]


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


def _keep_identity(fused: Fused, *, kind: str) -> pl.DataFrame:
    """Give each subject the entry that most of its records spoke of before, each entry once."""
    held = read_frame(
        "SELECT record_id, part, entry_id FROM fusion_linkdecision "
        "WHERE kind = %s AND is_current AND entry_id IS NOT NULL",
        (kind,),
        schema={"record_id": pl.Int64, "part": pl.String, "entry_id": pl.Int64},
    )
    votes = (
        fused.members.join(held, on=["record_id", "part"])
        .group_by("cluster", "entry_id")
        .len("n_votes")
        .sort(["n_votes", "entry_id", "cluster"], descending=[True, False, False])
        .unique("entry_id", keep="first", maintain_order=True)
        .unique("cluster", keep="first", maintain_order=True)
    )
    return fused.subjects.join(
        votes.select("cluster", pl.col("entry_id").alias("id")),
        on="cluster",
        how="left",
        maintain_order="left",
    )


def _with_entries(fused: Fused, numbered: pl.DataFrame) -> pl.DataFrame:
    return fused.members.join(
        numbered.select("cluster", pl.col("id").alias("entry_id")), on="cluster"
    )


def keep_decisions(
    members: pl.DataFrame, *, kind: str, actor: Actor, run: Run, now: datetime
) -> int:
    """Append a decision for each record part whose entry changed; give how many."""
    told = members.select(
        "record_id",
        "part",
        "entry_id",
        "method",
        pl.col("weight").alias("weight_bits"),
        pl.lit("[]").alias("reasons"),
    )
    return _append(told, kind=kind, actor=actor, run=run, now=now)


def keep_readings(
    sources: Mapping[str, pl.DataFrame], *, run: Run, actor: Actor, now: datetime
) -> int:
    """Append how each address text was read, with score and reasons; nothing where none fits."""
    n_kept = 0
    for reading in READINGS:
        part = reading.part
        told = sources[reading.source].select(
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
            actor=actor,
            run=run,
            now=now,
        )
    return n_kept


def _append(told: pl.DataFrame, *, kind: str, actor: Actor, run: Run, now: datetime) -> int:
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
            [kind, run.pk, now, actor.reference],
        )
        n_kept = cursor.rowcount
        cursor.execute("DROP TABLE stage_decision")
    return int(n_kept)


def keep_pairs(pairs: pl.DataFrame, *, kind: str, run: Run) -> int:
    """Keep the pairs that a person should decide, each once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_pair (left_id bigint, left_part varchar, right_id bigint, "
            "right_part varchar, weight_bits float8) ON COMMIT DROP"
        )
        told = pairs.select(
            pl.col("left").alias("left_id"),
            "left_part",
            pl.col("right").alias("right_id"),
            "right_part",
            pl.col("weight").cast(pl.Float64).alias("weight_bits"),
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
