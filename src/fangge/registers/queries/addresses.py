"""Standard addresses by code, for whoever hangs something on them."""

from collections.abc import Sequence

import polars as pl

from fangge.kernel.bulk import read_frame
from fangge.registers.models.address import Address
from fangge.registers.models.dwelling import Dwelling


def address_places(codes: pl.Series | None = None) -> pl.DataFrame:
    """Give the identifier, level and grid of the addresses that hold, by code: all, or these."""
    wanted = None if codes is None else codes.to_list()
    return read_frame(
        "SELECT code, id, level, grid_id, building_id FROM registers_address WHERE ends_on IS NULL "
        "AND (%s::varchar[] IS NULL OR code = ANY(%s::varchar[]))",
        (wanted, wanted),
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


def dwellings_at(address_ids: pl.Series) -> pl.Series:
    """Give the dwellings at these addresses, by identifier."""
    found = Dwelling.objects.filter(address_id__in=address_ids.to_list())
    return pl.Series("id", list(found.values_list("pk", flat=True)), dtype=pl.Int64)


def buildings_of(address_ids: pl.Series) -> set[int]:
    """Give the buildings in which these addresses stand."""
    found = Address.objects.filter(
        pk__in=address_ids.drop_nulls().unique().to_list(), building__isnull=False
    )
    return set(found.values_list("building_id", flat=True))
