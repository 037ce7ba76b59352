from django.db import migrations

from fangge.kernel.wall import wall_table

CASE = """
    (SELECT fangge_wall.is_whole('cases_here.see'))
    OR grid_id = ANY ((SELECT fangge_wall.grids('cases_here.see'))::bigint[])
    OR reported_by = (SELECT fangge_wall.actor())
    OR desk_id IN (
        SELECT member.desk_id FROM cases_deskmember member
        JOIN access_staffmember staff ON staff.id = member.staff_id
        WHERE 'staff:' || staff.username = (SELECT fangge_wall.actor())
            AND member.ends_at IS NULL)
"""
# Whoever sees the case sees what hangs on it: the case's own policy holds within.
OF_CASE = "EXISTS (SELECT FROM cases_case held WHERE held.id = case_id)"


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_begin"), ("access", "0002_wall")]
    operations = [
        migrations.RunSQL(*wall_table("cases_case", CASE)),
        migrations.RunSQL(*wall_table("cases_casestep", OF_CASE)),
        migrations.RunSQL(*wall_table("cases_alarm", OF_CASE)),
    ]
