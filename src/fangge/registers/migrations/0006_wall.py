"""Row-level security of what the registers hold of persons."""

from django.db import migrations

from fangge.kernel.wall import wall_table

OCCUPANCY = """
    resident_id IS NULL
    OR (SELECT fangge_wall.is_whole('dwellings.see'))
    OR grid_id = ANY ((SELECT fangge_wall.grids('dwellings.see'))::bigint[])
    OR resident_id = (SELECT fangge_wall.own_resident())
"""
STANDS_HERE = """EXISTS (
        SELECT FROM registers_occupancy held WHERE held.resident_id = {resident}
        AND held.grid_id = ANY ((SELECT fangge_wall.grids('residents.see'))::bigint[])
    )"""
RESIDENT = f"""
    (SELECT fangge_wall.is_whole('residents.see'))
    OR {STANDS_HERE.format(resident="registers_resident.id")}
    OR id = (SELECT fangge_wall.own_resident())
"""
# The history of places and firms is no secret; that of a person is seen by whoever sees the person.
CHANGE = f"""
    (SELECT fangge_wall.is_whole('residents.see'))
    OR CASE kind
        WHEN 'resident' THEN {STANDS_HERE.format(resident="registers_entrychange.entry_id")}
            OR entry_id = (SELECT fangge_wall.own_resident())
        WHEN 'occupancy' THEN EXISTS (
            SELECT FROM registers_occupancy held WHERE held.id = registers_entrychange.entry_id
        )
        ELSE true
    END
"""


class Migration(migrations.Migration):
    dependencies = [("registers", "0005_returns"), ("access", "0002_wall")]
    operations = [
        migrations.RunSQL(*wall_table("registers_occupancy", OCCUPANCY)),
        migrations.RunSQL(*wall_table("registers_resident", RESIDENT)),
        migrations.RunSQL(*wall_table("registers_entrychange", CHANGE)),
    ]
