"""Standard addresses by code, for whoever hangs something on them."""

from collections.abc import Sequence

import polars as pl

from fangge.kernel.bulk import read_frame


def address_places() -> pl.DataFrame:
    """Give the identifier, level and grid of every address that holds, by its code."""
    return read_frame(
        "SELECT code, id, level, grid_id, building_id FROM registers_address WHERE ends_on IS NULL",
        schema={
            "code": pl.String,
            "address_id": pl.Int64,
            "address_level": pl.String,
            "grid_id": pl.Int64,
            "building_id": pl.Int64,
        },
    )


def places_of(address_ids: Sequence[int]) -> pl.DataFrame:
    """Give the code, name, level and grid of a few addresses, by identifier."""
    return read_frame(
        "SELECT id, code, full_name, level, grid_id, building_id FROM registers_address "
        "WHERE id = ANY(%s::bigint[])",
        (list(address_ids),),
        schema={
            "address_id": pl.Int64,
            "code": pl.String,
            "full_name": pl.String,
            "address_level": pl.String,
            "grid_id": pl.Int64,
            "building_id": pl.Int64,
        },
    )
