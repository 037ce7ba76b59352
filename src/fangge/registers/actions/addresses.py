"""Register standard addresses and their aliases."""

from datetime import datetime

import polars as pl
from django.db import connection, transaction

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame, next_ids, read_frame
from fangge.registers.actions.acts.holding import hold_acts
from fangge.registers.actions.bulk import Trail, Written, write_entries
from fangge.registers.actions.comparing import Column
from fangge.registers.adapters.places import morton_codes
from fangge.registers.models.address import AddressLevel
from fangge.registers.models.change import EntryKind

COLUMNS = {
    "code": Column("varchar"),
    "level": Column("varchar"),
    "name": Column("varchar"),
    "full_name": Column("varchar"),
    "parent_id": Column("bigint"),
    "building_id": Column("bigint"),
    "grid_id": Column("bigint"),
    "position": Column("point"),
    "morton": Column("bigint"),
    "starts_on": Column("date"),
    "ends_on": Column("date"),
    "origins": Column("jsonb"),
}
FIELDS = ("name", "full_name", "position", "grid", "starts_on", "aliases")


@transaction.atomic
def register_addresses(
    *,
    actor: Actor,
    addresses: pl.DataFrame,
    run_id: int | None,
    said: pl.DataFrame | None = None,
    ended: pl.Series | None = None,
    now: datetime,
) -> Written:
    """Register addresses that come with their whole tree.

    `addresses` has code, parent_code, level, name, full_name, aliases, grid_code, starts_on,
    lon, lat and record_id; a parent stands in the same frame or in the register.
    """
    actor.require("addresses.register")
    placed = _place_in_tree(_number_addresses(addresses), grids=_read_grids())
    written = write_entries(
        entry_kind=EntryKind.ADDRESS,
        table="registers_address",
        columns=COLUMNS,
        entries=placed,
        trail=Trail(changed_at=now, actor=actor.reference, run_id=run_id, said=said),
        ended=ended,
    )
    _write_aliases(placed)
    return written


def _read_grids() -> pl.DataFrame:
    return read_frame(
        "SELECT id, code FROM areas_area WHERE kind = 'grid' AND ends_on IS NULL",
        schema={"grid_id": pl.Int64, "grid_code": pl.String},
    )


def _number_addresses(addresses: pl.DataFrame) -> pl.DataFrame:
    """Give each address the identifier its code has, or a new one."""
    held = read_frame(
        "SELECT id, code FROM registers_address", schema={"id": pl.Int64, "code": pl.String}
    )
    known = addresses.unique("code", keep="last", maintain_order=True).join(
        held, on="code", how="left", maintain_order="left"
    )
    fresh = known.filter(pl.col("id").is_null())
    with connection.cursor() as cursor:
        ids = next_ids(cursor, "registers_address_id_seq", n_ids=fresh.height)
    numbered = fresh.with_columns(pl.Series("id", ids, dtype=pl.Int64), is_new=pl.lit(value=True))
    held_before = known.filter(pl.col("id").is_not_null()).with_columns(is_new=pl.lit(value=False))
    return pl.concat([held_before, numbered])


def _place_in_tree(addresses: pl.DataFrame, *, grids: pl.DataFrame) -> pl.DataFrame:
    """Find each address's parent, the building it stands in, its grid and its map code."""
    parents = addresses.select(parent_code="code", parent_id="id", parent_level="level")
    placed = hold_acts(
        addresses.join(parents, on="parent_code", how="left").join(
            grids, on="grid_code", how="left"
        )
    )
    return placed.join(_find_buildings(placed), on="id", how="left").with_columns(
        position=pl.format("({},{})", "lon", "lat"),
        morton=morton_codes(placed["lon"], placed["lat"]),
        origins=pl.format(
            "{{{}}}",
            pl.concat_str(
                [pl.format('"{}":{}', pl.lit(name), "record_id") for name in FIELDS], separator=","
            ),
        ).fill_null("{}"),
    )


def _find_buildings(placed: pl.DataFrame) -> pl.DataFrame:
    """Walk down the levels: a building is its own, a number is one unless it stands in one."""
    links = placed.select("id", "parent_id", "level")
    found = pl.DataFrame(schema={"id": pl.Int64, "building_id": pl.Int64})
    for level in AddressLevel:
        here = links.filter(pl.col("level") == level.value).join(
            found.rename({"id": "parent_id", "building_id": "above"}), on="parent_id", how="left"
        )
        own = pl.lit(level in {AddressLevel.BUILDING, AddressLevel.NUMBER})
        here = here.select(
            "id",
            building_id=pl.when(
                own & (pl.lit(level == AddressLevel.BUILDING) | pl.col("above").is_null())
            )
            .then("id")
            .otherwise("above"),
        )
        found = pl.concat([found, here])
    return found


def _write_aliases(placed: pl.DataFrame) -> None:
    aliases = (
        placed.select(address_id="id", name="aliases", record_id="record_id")
        .explode("name")
        .filter(pl.col("name").is_not_null())
        .unique(["address_id", "name"], maintain_order=True)
    )
    held = read_frame(
        "SELECT address_id, name FROM registers_addressalias WHERE is_current AND kind = 'source'",
        schema={"address_id": pl.Int64, "name": pl.String},
    )
    aliases = aliases.join(held, on=held.columns, how="anti", maintain_order="left")
    if aliases.is_empty():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_alias (address_id bigint, name varchar, record_id bigint) "
            "ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_alias", aliases)
        cursor.execute(
            "INSERT INTO registers_addressalias (address_id, name, record_id) "
            "SELECT address_id, name, record_id FROM stage_alias "
            "ON CONFLICT (address_id, name, kind) WHERE is_current DO NOTHING"
        )
        cursor.execute("DROP TABLE stage_alias")
