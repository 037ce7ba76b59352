"""Keep the map's pyramid: counts per building, and exact clusters per grid at every zoom."""

from collections.abc import Collection

import polars as pl
from django.db import connection, transaction

from fangge.kernel.bulk import copy_frame, read_frame
from fangge.kernel.wall import beyond_scope

CLUSTER_ZOOMS = 16
"""Clusters serve zooms below this; from it on each building stands for itself."""
CELL_STEPS = 3
"""A tile has 2**3 cells a side, 64 pixels each."""
CODE_BITS = 62

COUNTS = """
    SELECT building_id, 'address' AS layer, count(*)::int AS n_entries
    FROM registers_address address
    WHERE ends_on IS NULL AND building_id IS NOT NULL AND {chosen}
      AND (level = 'room' OR (level = 'number' AND NOT EXISTS (
          SELECT FROM registers_address child WHERE child.parent_id = address.id)))
    GROUP BY building_id
    UNION ALL
    SELECT address.building_id, 'dwelling', count(*)::int
    FROM registers_dwelling dwelling
    JOIN registers_address address ON address.id = dwelling.address_id
    WHERE dwelling.ends_on IS NULL AND dwelling.holds_address
      AND address.building_id IS NOT NULL AND {chosen}
    GROUP BY address.building_id
    UNION ALL
    SELECT address.building_id, 'resident', count(DISTINCT occupancy.resident_id)::int
    FROM registers_occupancy occupancy
    JOIN registers_address address ON address.id = occupancy.address_id
    WHERE occupancy.ends_on IS NULL AND occupancy.kind IN ('resident', 'tenant')
      AND address.building_id IS NOT NULL AND {chosen}
    GROUP BY address.building_id
    UNION ALL
    SELECT address.building_id, 'organisation', count(*)::int
    FROM registers_organisation organisation
    JOIN registers_address address ON address.id = organisation.address_id
    WHERE organisation.ends_on IS NULL AND address.building_id IS NOT NULL AND {chosen}
    GROUP BY address.building_id
"""
COUNT_AGAIN = """
    SELECT building_id, layer, COALESCE(staged.n_entries, 0) - COALESCE(held.n_entries, 0),
      COALESCE(staged.n_entries, 0)
    FROM ({counts}) staged
    FULL JOIN (SELECT * FROM registers_buildingcount WHERE {held}) held USING (building_id, layer)
    WHERE COALESCE(staged.n_entries, 0) <> COALESCE(held.n_entries, 0)
"""


@transaction.atomic
@beyond_scope()
def refresh_map_cells(*, building_ids: Collection[int] | None) -> int:
    """Count again what stands in these buildings, or in all, and add the differences up.

    Only buildings whose count changed touch the clusters, so cost grows with the change. Gives
    how many counts changed.
    """
    differences = _count_again(building_ids)
    if differences.is_empty():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_difference (building_id bigint, layer varchar, "
            "n_more integer, n_entries integer) ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_difference", differences)
        cursor.execute(
            "INSERT INTO registers_buildingcount (building_id, layer, n_entries) "
            "SELECT building_id, layer, n_entries FROM stage_difference "
            "ON CONFLICT (building_id, layer) DO UPDATE SET n_entries = excluded.n_entries"
        )
        cursor.execute("DELETE FROM registers_buildingcount WHERE n_entries = 0")
        cursor.execute(
            "INSERT INTO registers_mapcell "
            "(layer, zoom, cell, grid_id, n_entries, sum_lon, sum_lat) "
            "SELECT changed.layer, zoom, morton >> (%(bits)s - 2 * (zoom + %(steps)s)), "
            "COALESCE(grid_id, 0), "
            "sum(n_more), sum(n_more * position[0] ORDER BY building.id), "
            "sum(n_more * position[1] ORDER BY building.id) "
            "FROM stage_difference changed "
            "JOIN registers_address building ON building.id = changed.building_id, "
            "generate_series(0, %(zooms)s - 1) zoom WHERE morton IS NOT NULL GROUP BY 1, 2, 3, 4 "
            "ON CONFLICT (layer, zoom, cell, grid_id) DO UPDATE SET "
            "n_entries = registers_mapcell.n_entries + excluded.n_entries, "
            "sum_lon = registers_mapcell.sum_lon + excluded.sum_lon, "
            "sum_lat = registers_mapcell.sum_lat + excluded.sum_lat",
            {"bits": CODE_BITS, "steps": CELL_STEPS, "zooms": CLUSTER_ZOOMS},
        )
        cursor.execute("DELETE FROM registers_mapcell WHERE n_entries = 0")
        cursor.execute("DROP TABLE stage_difference")
    return differences.height


def _count_again(building_ids: Collection[int] | None) -> pl.DataFrame:
    """Give the buildings and layers whose count is not the one held, with the difference."""
    chosen = "TRUE" if building_ids is None else "address.building_id = ANY(%s::bigint[])"
    held = "TRUE" if building_ids is None else "building_id = ANY(%s::bigint[])"
    query = COUNT_AGAIN.format(counts=COUNTS.format(chosen=chosen), held=held)
    return read_frame(
        query,
        () if building_ids is None else (list(building_ids),) * query.count("%s"),
        schema={
            "building_id": pl.Int64,
            "layer": pl.String,
            "n_more": pl.Int64,
            "n_entries": pl.Int64,
        },
    )
