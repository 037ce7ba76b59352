"""Register dwellings in bulk: at an address one holds it, others may be somewhere within."""

from collections.abc import Collection
from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.kernel.actor import Actor
from fangge.registers.actions.bulk import Trail, Written, number_entries, write_entries
from fangge.registers.actions.comparing import Column
from fangge.registers.models.change import EntryKind
from fangge.registers.models.dwelling import Dwelling

COLUMNS = {
    "code": Column("varchar"),
    "address_id": Column("bigint"),
    "holds_address": Column("boolean"),
    "grid_id": Column("bigint"),
    "number": Column("varchar"),
    "use": Column("varchar"),
    "floor_area_m2": Column("numeric(9, 2)"),
    "ends_on": Column("date"),
    "origins": Column("jsonb"),
}


@transaction.atomic
def register_dwellings(
    *,
    actor: Actor,
    dwellings: pl.DataFrame,
    run_id: int | None,
    said: pl.DataFrame | None = None,
    ended: pl.Series | None = None,
    now: datetime,
) -> tuple[pl.DataFrame, Written]:
    """Register dwellings; give them back with their identifiers, in the same order.

    `dwellings` has id (null where new), address_id, holds_address, grid_id, number, use,
    floor_area_m2 and origins. With `ended` only those end, else all that are not named.
    """
    actor.require("dwellings.register")
    numbered = number_entries(dwellings, table="registers_dwelling", letter="D").with_columns(
        pl.col("number", "use").fill_null(""), ends_on=pl.lit(None, pl.Date)
    )
    written = write_entries(
        entry_kind=EntryKind.DWELLING,
        table="registers_dwelling",
        columns=COLUMNS,
        entries=numbered,
        trail=Trail(changed_at=now, actor=actor.reference, run_id=run_id, said=said),
        ended=ended,
    )
    return numbered, written


def let_addresses_go(*, actor: Actor, dwelling_ids: Collection[int]) -> None:
    """Let none of these hold its address: what they become is about to be registered."""
    actor.require("dwellings.register")
    Dwelling.objects.filter(pk__in=dwelling_ids, holds_address=True).update(holds_address=False)
