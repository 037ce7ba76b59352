"""Row-level security of what residents ask and claim: theirs, and whose work it is."""

from django.db import migrations

from fangge.kernel.wall import wall_table

QUESTION = """
    resident_id = (SELECT fangge_wall.own_resident())
    OR official = (SELECT fangge_wall.actor())
    OR (SELECT fangge_wall.grids_of_pass('questions.oversee')) IS NOT NULL
    OR EXISTS (SELECT FROM portal_staffnotice told WHERE told.question_id = portal_lookquestion.id
        AND told.recipient = (SELECT fangge_wall.actor()))
"""
CLAIM = """
    resident_id = (SELECT fangge_wall.own_resident())
    OR (SELECT fangge_wall.grids_of_pass('claims.see')) IS NOT NULL
"""
ANSWER = """
    EXISTS (SELECT FROM portal_lookquestion asked WHERE asked.id = portal_lookanswer.question_id)
"""
RULING = """
    EXISTS (SELECT FROM portal_rightsclaim asked WHERE asked.id = portal_claimruling.claim_id)
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial"), ("access", "0002_wall")]
    operations = [
        migrations.RunSQL(*wall_table("portal_lookquestion", QUESTION)),
        migrations.RunSQL(*wall_table("portal_lookanswer", ANSWER)),
        migrations.RunSQL(*wall_table("portal_rightsclaim", CLAIM)),
        migrations.RunSQL(*wall_table("portal_claimruling", RULING)),
    ]
