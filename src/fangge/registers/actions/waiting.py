"""Keep the texts that a link run did not take for certain: they wait for a person."""

import json
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame, read_frame
from fangge.registers.queries.corrections import ended_wordings
from fangge.registers.rules.corrections import text_keys

SHOWN_RECORDS, LONGEST_TEXT = 5, 1000


@transaction.atomic
def keep_waiting_texts(*, actor: Actor, texts: pl.DataFrame, now: datetime) -> dict[str, int]:
    """Bring the texts that wait to what this run found; give how many there are.

    `texts` has text, record_id, score, reasons and grid_id, for each record whose text was not
    asserted. What a person settled while the run was under way stays settled; a text whose
    decision no longer leads to an address waits again.
    """
    actor.require("addresses.register")
    grouped = _group(texts)
    held = read_frame(
        "SELECT text_key, n_records, record_ids, reasons, grid_id, settled_by_id IS NULL "
        "FROM registers_waitingtext",
        schema={
            "text_key": pl.String,
            "n_records": pl.Int64,
            "record_ids": pl.String,
            "reasons": pl.String,
            "grid_id": pl.Int64,
            "is_waiting": pl.Boolean,
        },
    )
    told = held.columns[:-1]
    due = grouped.with_columns(pl.col("n_records", "grid_id").cast(pl.Int64)).join(
        held, on=told, how="anti", nulls_equal=True, maintain_order="left"
    )
    gone = held.filter("is_waiting").join(grouped, on="text_key", how="anti")
    with connection.cursor() as cursor:
        _write_due(cursor, due, now)
        if gone.height:
            cursor.execute(
                "DELETE FROM registers_waitingtext "
                "WHERE settled_by_id IS NULL AND text_key = ANY(%s)",
                [gone["text_key"].to_list()],
            )
        _wait_again(cursor, grouped["text_key"], now)
        cursor.execute("SELECT count(*) FROM registers_waitingtext WHERE settled_by_id IS NULL")
        n_waiting = int(cursor.fetchone()[0])
    return {"n_texts": grouped.height, "n_waiting": n_waiting}


def _write_due(cursor: Any, due: pl.DataFrame, now: datetime) -> None:
    """Write the texts that are new or of which something else is said."""
    if due.is_empty():
        return
    cursor.execute(
        "CREATE TEMP TABLE stage_waiting (text varchar, text_key varchar, n_records integer, "
        "record_ids jsonb, reasons jsonb, score float8, grid_id bigint) ON COMMIT DROP"
    )
    copy_frame(cursor, "stage_waiting", due)
    cursor.execute(
        "INSERT INTO registers_waitingtext AS held (text, text_key, n_records, record_ids, "
        "reasons, score, grid_id, first_seen_at) "
        "SELECT text, text_key, n_records, record_ids, reasons, score, grid_id, %s "
        "FROM stage_waiting ORDER BY text_key ON CONFLICT (text_key) DO UPDATE SET "
        "n_records = excluded.n_records, record_ids = excluded.record_ids, "
        "reasons = excluded.reasons, score = excluded.score, grid_id = excluded.grid_id "
        "WHERE (held.n_records, held.record_ids, held.reasons, held.grid_id) IS DISTINCT FROM "
        "(excluded.n_records, excluded.record_ids, excluded.reasons, excluded.grid_id)",
        [now],
    )
    cursor.execute("DROP TABLE stage_waiting")


def _wait_again(cursor: Any, keys: pl.Series, now: datetime) -> None:
    """Open what a decision for an address no longer settles, and settle what others decided."""
    cursor.execute(
        "SELECT held.text_key FROM registers_waitingtext held "
        "JOIN registers_addressdecision decision ON decision.id = held.settled_by_id "
        "WHERE (NOT decision.is_current OR decision.choice = 'address') "
        "AND decision.decided_at < %s",
        [now],
    )
    unsettled = pl.Series([row[0] for row in cursor.fetchall()], dtype=pl.String)
    again = unsettled.filter(unsettled.is_in(keys.implode()))
    if again.len():
        cursor.execute(
            "UPDATE registers_waitingtext held SET settled_by_id = NULL "
            "FROM registers_addressdecision decision WHERE decision.id = held.settled_by_id "
            "AND held.text_key = ANY(%s) "
            "AND (NOT decision.is_current OR decision.choice = 'address') "
            "AND decision.decided_at < %s",
            [again.to_list(), now],
        )
    cursor.execute(
        "UPDATE registers_waitingtext held SET settled_by_id = decision.id "
        "FROM registers_addressdecision decision WHERE decision.text_key = held.text_key "
        "AND decision.is_current AND held.settled_by_id IS NULL "
        "AND (decision.choice <> 'address' OR decision.decided_at >= %s)",
        [now],
    )


def _group(texts: pl.DataFrame) -> pl.DataFrame:
    """Take each text once, with how many records have it and why it is not certain.

    What is read as another district's needs nobody: it is certain that it is not here. Nor does
    what was retired with nothing in its place.
    """
    outside = pl.col("reasons").list.eval(pl.element().str.starts_with("outside:")).list.any()
    keyed = texts.with_columns(text_key=text_keys(texts["text"])).filter(
        (pl.col("text_key") != "")
        & (pl.col("text").str.len_chars() <= LONGEST_TEXT)
        & ~outside.fill_null(value=False)
    )
    if ended := ended_wordings():
        keyed = keyed.filter(~pl.col("text_key").str.contains_any(ended))
    grouped = (
        keyed.sort("record_id")
        .group_by("text_key", maintain_order=True)
        .agg(
            pl.col("text", "reasons", "score", "grid_id").first(),
            n_records=pl.col("record_id").n_unique(),
            record_ids=pl.col("record_id").unique(maintain_order=True).head(SHOWN_RECORDS),
        )
    )
    return grouped.with_columns(
        pl.Series(name, _as_json(grouped[name]), dtype=pl.String)
        for name in ("record_ids", "reasons")
    ).select("text", "text_key", "n_records", "record_ids", "reasons", "score", "grid_id")


def _as_json(lists: pl.Series) -> list[str]:
    return [json.dumps(listed or [], ensure_ascii=False) for listed in lists.to_list()]
