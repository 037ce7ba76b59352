"""Row-level security of errands: those of the grids in which one may see them."""

from django.db import migrations

from fangge.kernel.wall import wall_table

TASK = """
    (SELECT fangge_wall.is_whole('fieldtasks.see'))
    OR grid_id = ANY ((SELECT fangge_wall.grids('fieldtasks.see'))::bigint[])
    OR asked_by = (SELECT fangge_wall.actor())
"""


class Migration(migrations.Migration):
    dependencies = [("fieldwork", "0001_initial"), ("access", "0002_wall")]
    operations = [migrations.RunSQL(*wall_table("fieldwork_fieldtask", TASK))]
