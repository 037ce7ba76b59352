"""Register dwellings in bulk, one at each address."""

from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import read_frame
from fangge.registers.actions.bulk import Trail, Written, number_entries, write_entries
from fangge.registers.actions.comparing import MOST_NAMED, Column
from fangge.registers.models.change import EntryKind

COLUMNS = {
    "code": Column("varchar"),
    "address_id": Column("bigint"),
    "grid_id": Column("bigint"),
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
    """Register dwellings; an address that has one keeps it.

    `dwellings` has address_id (once each), grid_id, use, floor_area_m2 and origins. With `ended`
    only those end, else all that are not named.
    """
    actor.require("dwellings.register")
    named = dwellings["address_id"].cast(pl.Int64)
    held = read_frame(
        "SELECT id, address_id FROM registers_dwelling WHERE %s OR address_id = ANY(%s::bigint[])",
        (named.len() > MOST_NAMED, named.head(MOST_NAMED).to_list()),
        schema={"id": pl.Int64, "address_id": pl.Int64},
    )
    numbered = number_entries(
        dwellings.join(held, on="address_id", how="left", maintain_order="left"),
        table="registers_dwelling",
        letter="D",
    ).with_columns(pl.col("use").fill_null(""), ends_on=pl.lit(None, pl.Date))
    written = write_entries(
        entry_kind=EntryKind.DWELLING,
        table="registers_dwelling",
        columns=COLUMNS,
        entries=numbered,
        trail=Trail(changed_at=now, actor=actor.reference, run_id=run_id, said=said),
        ended=ended,
    )
    return numbered, written
