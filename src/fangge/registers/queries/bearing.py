"""Entries by the identifier they bear, for whoever must not register a subject twice."""

import polars as pl

from fangge.kernel.bulk import read_frame
from fangge.kernel.fields import open_vault

FOUND = {"identifier": pl.String, "id": pl.Int64}
HASH_COLUMN = "registers_resident.identifier"


def residents_bearing(identifiers: pl.Series) -> pl.DataFrame:
    """Give identifier and id of residents that bear one of these; one that runs comes first."""
    wanted = identifiers.drop_nulls().unique(maintain_order=True)
    if wanted.is_empty() or not _is_any("registers_resident"):
        return pl.DataFrame(schema=FOUND)
    hashes = open_vault().hash_column(wanted, column=HASH_COLUMN)
    held = read_frame(
        "SELECT identifier_hash, id FROM registers_resident WHERE identifier_hash = ANY(%s) "
        "ORDER BY ends_on IS NOT NULL, id",
        (hashes.to_list(),),
        schema={"hash": pl.Binary, "id": pl.Int64},
    )
    asked = pl.DataFrame({"identifier": wanted, "hash": hashes})
    return held.join(asked, on="hash", maintain_order="left").select("identifier", "id")


def organisations_bearing(codes: pl.Series) -> pl.DataFrame:
    """Give credit code and id of organisations that bear one of these; running ones first."""
    wanted = codes.drop_nulls().unique(maintain_order=True)
    if wanted.is_empty() or not _is_any("registers_organisation"):
        return pl.DataFrame(schema=FOUND)
    return read_frame(
        "SELECT credit_code, id FROM registers_organisation WHERE credit_code = ANY(%s) "
        "ORDER BY ends_on IS NOT NULL, id",
        (wanted.to_list(),),
        schema=FOUND,
    )


HELD = {"id": pl.Int64, "address_id": pl.Int64, "holds_address": pl.Boolean}
MOST_NAMED = 50_000


def dwellings_held(*, ids: pl.Series, address_ids: pl.Series) -> pl.DataFrame:
    """Give id, address_id and holds_address of these dwellings and of those at these addresses."""
    is_many = ids.len() + address_ids.len() > MOST_NAMED
    return read_frame(
        "SELECT id, address_id, holds_address FROM registers_dwelling WHERE %s "
        "OR id = ANY(%s::bigint[]) OR address_id = ANY(%s::bigint[])",
        (is_many, ids.head(MOST_NAMED).to_list(), address_ids.head(MOST_NAMED).to_list()),
        schema=HELD,
    )


PLACE = {"entry_id": pl.Int64, "address_id": pl.Int64, "grid_id": pl.Int64}


def places_of_dwellings(ids: pl.Series) -> pl.DataFrame:
    """Give where a few dwellings stand: entry_id, address_id and grid_id."""
    return read_frame(
        "SELECT id, address_id, grid_id FROM registers_dwelling WHERE id = ANY(%s::bigint[])",
        (ids.to_list(),),
        schema=PLACE,
    )


TENANT = {"resident_id": pl.Int64, "address_id": pl.Int64, "turn": pl.Int64, "entry_id": pl.Int64}


def tenant_occupancies(resident_ids: pl.Series) -> pl.DataFrame:
    """Give the occupancies as tenants of at least these residents, by their keys."""
    ids = resident_ids.unique()
    return read_frame(
        "SELECT resident_id, address_id, turn, id FROM registers_occupancy "
        "WHERE kind = 'tenant' AND (%s OR resident_id = ANY(%s::bigint[]))",
        (ids.len() > MOST_NAMED, ids.head(MOST_NAMED).to_list()),
        schema=TENANT,
    )


def _is_any(table: str) -> bool:
    queries = {
        "registers_resident": "SELECT id FROM registers_resident LIMIT 1",
        "registers_organisation": "SELECT id FROM registers_organisation LIMIT 1",
    }
    return not read_frame(queries[table], schema={"id": pl.Int64}).is_empty()
