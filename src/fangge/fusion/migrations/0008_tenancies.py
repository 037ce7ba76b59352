"""What a record says of a tenancy is seen where the occupancy is."""

from importlib import import_module

from django.db import migrations

from fangge.kernel.wall import wall_table

before = import_module("fangge.fusion.migrations.0007_wall")
DECISION = before.DECISION.replace(
    "ELSE EXISTS",
    f"""WHEN 'tenancy' THEN EXISTS (SELECT FROM registers_occupancy held
            WHERE held.id = fusion_linkdecision.entry_id AND held.grid_id = {before.GRIDS})
        ELSE EXISTS""",
)


class Migration(migrations.Migration):
    dependencies = [("fusion", "0007_wall")]
    operations = [
        migrations.RunSQL(
            "DROP POLICY wall ON fusion_linkdecision",
            wall_table("fusion_linkdecision", before.DECISION)[0],
        ),
        migrations.RunSQL(
            wall_table("fusion_linkdecision", DECISION)[0],
            "DROP POLICY wall ON fusion_linkdecision",
        ),
    ]
