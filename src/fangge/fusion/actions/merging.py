"""A run that writes: who, which run, when, and what the run before kept."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import connection

from fangge.fusion.adapters.kept import Kept, changed_rows, gone_rows
from fangge.fusion.models.run import Run
from fangge.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Merging:
    """What every stage that writes needs; without `before` it writes as if for the first time."""

    actor: Actor
    run: Run
    now: datetime
    before: Kept | None
    after: Kept

    def changed(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Keep these rows for the next run; give those that the run before did not have so."""
        self.after.frames[name] = rows
        return changed_rows(rows, self.before.frames.get(name) if self.before else None)

    def gone(self, name: str, rows: pl.DataFrame, key: list[str]) -> pl.DataFrame | None:
        """Give the keys that only the run before had; nothing where there was none."""
        return gone_rows(rows, self.before.frames.get(name) if self.before else None, key)


def mark_decisions() -> str:
    """Mark the newest decision."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM fusion_linkdecision")
        return str(cursor.fetchone()[0])


def mark_judgements() -> str:
    """Mark what persons decided on pairs, and what of it stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(concat_ws('|', state, n, last), ';' ORDER BY state) FROM "
            "(SELECT state, count(*) AS n, max(id) AS last FROM fusion_judgement GROUP BY state) "
            "judged"
        )
        return str(cursor.fetchone()[0])
