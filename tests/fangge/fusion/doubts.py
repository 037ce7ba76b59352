"""Pairs to decide, offered the way a link run offers them."""

from datetime import datetime
from itertools import pairwise

import polars as pl
from django.db import connection

from fangge.fusion.actions.merge import keep_pairs
from fangge.fusion.models.run import Run

SCHEMA = {
    "left": pl.Int64,
    "left_part": pl.String,
    "right": pl.Int64,
    "right_part": pl.String,
    "weight": pl.Float64,
}


def entries_with_records(
    kind: str = "resident", *, n_entries: int = 12
) -> list[tuple[int, int, str]]:
    """Give entries of one or two records each, with the first of them: entry, record, part."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry_id, min(record_id), min(part) FROM fusion_linkdecision "
            "WHERE kind = %s AND is_current AND entry_id IS NOT NULL GROUP BY entry_id "
            "HAVING count(*) <= 2 AND count(DISTINCT part) = 1 ORDER BY entry_id LIMIT %s",
            [kind, n_entries],
        )
        return list(cursor.fetchall())


def offer_pairs(now: datetime, *, kind: str = "resident", n_pairs: int = 4) -> None:
    """Offer pairs of neighbours in a chain, the first with the evenest odds."""
    found = entries_with_records(kind, n_entries=n_pairs + 1)
    rows = []
    for step, ((_, one, one_part), (_, other, other_part)) in enumerate(pairwise(found)):
        left, right = sorted([(one, one_part), (other, other_part)])
        rows.append((*left, *right, 0.5 * step))
    run = Run.objects.create(started_at=now, started_by="test", ended_at=now)
    keep_pairs(pl.DataFrame(rows, schema=SCHEMA, orient="row"), kind=kind, run=run)
