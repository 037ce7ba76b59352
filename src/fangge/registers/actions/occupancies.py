"""Write who lives or trades where, with periods, in bulk."""

from datetime import datetime

import polars as pl
from django.db import connection, transaction

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import copy_frame
from fangge.registers.actions.bulk import Written

STAGE = [
    "kind",
    "resident_id",
    "organisation_id",
    "address_id",
    "grid_id",
    "starts_on",
    "ends_on",
    "record_id",
]


@transaction.atomic
def write_occupancies(*, actor: Actor, occupancies: pl.DataFrame, now: datetime) -> Written:
    """Bring the occupancies to what the sources say now.

    `occupancies` has kind, resident_id or organisation_id, address_id, grid_id, starts_on,
    ends_on and record_id; one row for each holder, kind and address. One that no source
    speaks of any longer is ended today, not removed.
    """
    actor.require("occupancies.write")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stage_occupancy (kind varchar, resident_id bigint, "
            "organisation_id bigint, address_id bigint, grid_id bigint, starts_on date, "
            "ends_on date, record_id bigint) ON COMMIT DROP"
        )
        copy_frame(cursor, "stage_occupancy", occupancies.select(STAGE))
        cursor.execute("ANALYZE stage_occupancy")
        cursor.execute(
            "UPDATE registers_occupancy held SET starts_on = staged.starts_on, "
            "ends_on = staged.ends_on, record_id = staged.record_id, grid_id = staged.grid_id, "
            "changed_at = %s FROM stage_occupancy staged "
            "WHERE held.kind = staged.kind AND held.address_id = staged.address_id "
            "AND COALESCE(held.resident_id, -held.organisation_id) "
            "= COALESCE(staged.resident_id, -staged.organisation_id) "
            "AND (held.starts_on, held.ends_on, held.record_id, held.grid_id) IS DISTINCT FROM "
            "(staged.starts_on, staged.ends_on, staged.record_id, staged.grid_id)",
            [now],
        )
        n_changed = cursor.rowcount
        cursor.execute(
            "INSERT INTO registers_occupancy (kind, resident_id, organisation_id, address_id, "
            "grid_id, starts_on, ends_on, record_id, changed_at) "
            "SELECT staged.*, %s FROM stage_occupancy staged WHERE NOT EXISTS (SELECT "
            "FROM registers_occupancy held WHERE held.kind = staged.kind "
            "AND held.address_id = staged.address_id "
            "AND COALESCE(held.resident_id, -held.organisation_id) "
            "= COALESCE(staged.resident_id, -staged.organisation_id))",
            [now],
        )
        n_new = cursor.rowcount
        cursor.execute(
            "UPDATE registers_occupancy held SET ends_on = %s, changed_at = %s "
            "WHERE ends_on IS NULL AND NOT EXISTS (SELECT FROM stage_occupancy staged "
            "WHERE held.kind = staged.kind AND held.address_id = staged.address_id "
            "AND COALESCE(held.resident_id, -held.organisation_id) "
            "= COALESCE(staged.resident_id, -staged.organisation_id))",
            [now.date(), now],
        )
        n_ended = cursor.rowcount
        cursor.execute("DROP TABLE stage_occupancy")
    n_same = occupancies.height - n_new - n_changed
    return Written(n_new=n_new, n_changed=n_changed + n_ended, n_same=n_same)
