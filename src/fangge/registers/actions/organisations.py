"""Register organisations in bulk."""

from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.kernel.actor import Actor
from fangge.registers.actions.bulk import Trail, Written, number_entries, write_entries
from fangge.registers.actions.comparing import Column
from fangge.registers.models.change import EntryKind

COLUMNS = {
    "code": Column("varchar"),
    "name": Column("varchar"),
    "kind": Column("varchar"),
    "credit_code": Column("varchar"),
    "state": Column("varchar"),
    "address_id": Column("bigint"),
    "grid_id": Column("bigint"),
    "starts_on": Column("date"),
    "ends_on": Column("date"),
    "origins": Column("jsonb"),
}


@transaction.atomic
def register_organisations(
    *,
    actor: Actor,
    organisations: pl.DataFrame,
    run_id: int | None,
    said: pl.DataFrame | None = None,
    ended: pl.Series | None = None,
    now: datetime,
) -> tuple[pl.DataFrame, Written]:
    """Register organisations; give them back with their identifiers, in the same order.

    `organisations` has id (null where new), name, kind, credit_code, state, address_id,
    grid_id, starts_on, ends_on and origins. With `ended` only those end, else all not named.
    """
    actor.require("organisations.register")
    numbered = number_entries(
        organisations.with_columns(pl.col("kind", "credit_code", "state").fill_null("")),
        table="registers_organisation",
        letter="O",
    )
    written = write_entries(
        entry_kind=EntryKind.ORGANISATION,
        table="registers_organisation",
        columns=COLUMNS,
        entries=numbered,
        trail=Trail(changed_at=now, actor=actor.reference, run_id=run_id, said=said),
        ended=ended,
    )
    return numbered, written
