"""Standard addresses by code, for whoever hangs something on them."""

from collections.abc import Sequence
from typing import LiteralString

import polars as pl

from fangge.kernel.bulk import read_frame
from fangge.registers.models.address import Address

HOME: LiteralString = (
    "code || CASE WHEN level = 'number' AND NOT EXISTS (SELECT FROM registers_address child "
    "WHERE child.parent_id = address.id AND child.ends_on IS NULL) THEN '-F0-0' ELSE '' END"
)
"""A house with nothing below it is one home, as a room is: its code then ends as a room's does."""


def address_places(codes: pl.Series | None = None) -> pl.DataFrame:
    """Give identifier, home, level and grid of the addresses that hold, by code: all, or these."""
    wanted = None if codes is None else codes.to_list()
    return read_frame(
        f"SELECT code, id, {HOME}, level, grid_id, building_id "  # noqa: S608 - a constant
        "FROM registers_address address WHERE ends_on IS NULL "
        "AND (%s::varchar[] IS NULL OR code = ANY(%s::varchar[]))",
        (wanted, wanted),
        schema={
            "code": pl.String,
            "address_id": pl.Int64,
            "home": pl.String,
            "address_level": pl.String,
            "grid_id": pl.Int64,
            "building_id": pl.Int64,
        },
    )


def places_of(address_ids: Sequence[int]) -> pl.DataFrame:
    """Give the code, home, name, level and grid of a few addresses, by identifier."""
    return read_frame(
        f"SELECT id, code, {HOME}, full_name, level, grid_id, building_id "  # noqa: S608 - a constant
        "FROM registers_address address "
        "WHERE id = ANY(%s::bigint[])",
        (list(address_ids),),
        schema={
            "address_id": pl.Int64,
            "code": pl.String,
            "home": pl.String,
            "full_name": pl.String,
            "address_level": pl.String,
            "grid_id": pl.Int64,
            "building_id": pl.Int64,
        },
    )


def buildings_of(address_ids: pl.Series) -> set[int]:
    """Give the buildings in which these addresses stand."""
    found = Address.objects.filter(
        pk__in=address_ids.drop_nulls().unique().to_list(), building__isnull=False
    )
    return set(found.values_list("building_id", flat=True))
