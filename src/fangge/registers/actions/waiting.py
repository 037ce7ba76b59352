"""Keep the texts that a link run did not take for certain: they wait for a person."""

import json
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame
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
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_waiting (text varchar, text_key varchar, n_records integer, "
            "record_ids jsonb, reasons jsonb, score float8, grid_id bigint) ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_waiting", grouped)
        cursor.execute(
            "DELETE FROM registers_waitingtext held WHERE settled_by_id IS NULL AND NOT EXISTS "
            "(SELECT FROM stage_waiting staged WHERE staged.text_key = held.text_key)"
        )
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
        _wait_again(cursor, now)
        cursor.execute("DROP TABLE stage_waiting")
        cursor.execute("SELECT count(*) FROM registers_waitingtext WHERE settled_by_id IS NULL")
        n_waiting = int(cursor.fetchone()[0])
    return {"n_texts": grouped.height, "n_waiting": n_waiting}


def _wait_again(cursor: Any, now: datetime) -> None:
    """Open what a decision for an address no longer settles, and settle what others decided."""
    cursor.execute(
        "UPDATE registers_waitingtext held SET settled_by_id = NULL "
        "FROM registers_addressdecision decision, stage_waiting staged "
        "WHERE decision.id = held.settled_by_id AND staged.text_key = held.text_key "
        "AND (NOT decision.is_current OR decision.choice = 'address') "
        "AND decision.decided_at < %s",
        [now],
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
