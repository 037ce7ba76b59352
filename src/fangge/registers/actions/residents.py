"""Register residents in bulk, identifiers and phones sealed."""

from datetime import datetime

import polars as pl
from django.db import transaction

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import read_frame
from fangge.kernel.fields import Vault, open_vault
from fangge.registers.actions.bulk import Trail, Written, number_entries, write_entries
from fangge.registers.actions.comparing import MOST_NAMED, Column
from fangge.registers.models.change import EntryKind

SEALED = ("identifier", "phone")
COLUMNS = {
    "code": Column("varchar"),
    "name": Column("varchar"),
    "sex": Column("varchar"),
    "birth_on": Column("date"),
    "identifier_sealed": Column("bytea", is_sealed=True),
    "identifier_hash": Column("bytea"),
    "phone_sealed": Column("bytea", is_sealed=True),
    "phone_hash": Column("bytea"),
    "ends_on": Column("date"),
    "origins": Column("jsonb"),
}


@transaction.atomic
def register_residents(
    *,
    actor: Actor,
    residents: pl.DataFrame,
    run_id: int | None,
    said: pl.DataFrame | None = None,
    ended: pl.Series | None = None,
    now: datetime,
) -> tuple[pl.DataFrame, Written]:
    """Register residents; give them back with their identifiers, in the same order.

    `residents` has id (null where new), name, sex, birth_on, identifier, phone, origins, and
    ends_on of those who died; `said` has the date of each record. With `ended` only those end,
    else all that are not named.
    """
    actor.require("residents.register")
    numbered = number_entries(residents, table="registers_resident", letter="R")
    written = write_entries(
        entry_kind=EntryKind.RESIDENT,
        table="registers_resident",
        columns=COLUMNS,
        entries=_seal_changed(numbered, open_vault()),
        trail=Trail(changed_at=now, actor=actor.reference, run_id=run_id, said=said),
        ended=ended,
    )
    return numbered, written


def _seal_changed(residents: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Hash every sealed field, and seal those whose hash is not the one held."""
    ids = residents["id"].drop_nulls()
    held = read_frame(
        "SELECT id, identifier_hash, phone_hash, identifier_sealed, phone_sealed "
        "FROM registers_resident WHERE id BETWEEN %s AND %s AND (%s OR id = ANY(%s))",
        (ids.min() or 0, ids.max() or 0, ids.len() > MOST_NAMED, ids.head(MOST_NAMED).to_list()),
        schema={
            "id": pl.Int64,
            "identifier_held": pl.Binary,
            "phone_held": pl.Binary,
            "identifier_sealed": pl.Binary,
            "phone_sealed": pl.Binary,
        },
    )
    sealed = residents.join(held, on="id", how="left", maintain_order="left").with_columns(
        pl.col("sex").fill_null(""),
        ends_on=pl.col("ends_on") if "ends_on" in residents.columns else pl.lit(None, pl.Date),
    )
    for field in SEALED:
        column = f"registers_resident.{field}"
        sealed = sealed.with_columns(
            vault.hash_column(sealed[field], column=column).alias(f"{field}_hash")
        )
        stays = sealed[f"{field}_hash"].eq_missing(sealed[f"{field}_held"])
        fresh = sealed[field].zip_with(
            ~stays, pl.repeat(None, sealed.height, dtype=pl.String, eager=True)
        )
        sealed = sealed.with_columns(
            sealed[f"{field}_sealed"]
            .zip_with(stays, vault.seal_column(fresh, column=column, rows=sealed["id"]))
            .alias(f"{field}_sealed")
        )
    return sealed
