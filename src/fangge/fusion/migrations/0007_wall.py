"""Row-level security of records, of what they were taken for, and of what waits for a person."""

from django.db import migrations

from fangge.kernel.wall import wall_table

GRIDS = "ANY ((SELECT fangge_wall.grids('residents.see'))::bigint[])"
# A decision is seen where the entry stands that the record was taken for.
DECISION = f"""
    (SELECT fangge_wall.is_whole('residents.see'))
    OR CASE kind
        WHEN 'address' THEN EXISTS (SELECT FROM registers_address entry
            WHERE entry.id = fusion_linkdecision.entry_id AND entry.grid_id = {GRIDS})
        WHEN 'dwelling' THEN EXISTS (SELECT FROM registers_dwelling entry
            WHERE entry.id = fusion_linkdecision.entry_id AND entry.grid_id = {GRIDS})
        WHEN 'organisation' THEN EXISTS (SELECT FROM registers_organisation entry
            WHERE entry.id = fusion_linkdecision.entry_id AND entry.grid_id = {GRIDS})
        ELSE EXISTS (SELECT FROM registers_occupancy held
            WHERE held.resident_id = fusion_linkdecision.entry_id AND held.grid_id = {GRIDS})
    END
"""
# What follows asks for decisions that are seen: their own policy holds within these questions.
RECORD = """
    (SELECT fangge_wall.is_whole('residents.see'))
    OR EXISTS (SELECT FROM fusion_linkdecision spoken
        WHERE spoken.record_id = fusion_sourcerecord.id AND spoken.is_current)
"""
BOTH_SIDES = """
    EXISTS (SELECT FROM fusion_linkdecision spoken WHERE spoken.record_id = {table}.left_id
        AND spoken.part = {table}.left_part AND spoken.is_current)
    AND EXISTS (SELECT FROM fusion_linkdecision spoken WHERE spoken.record_id = {table}.right_id
        AND spoken.part = {table}.right_part AND spoken.is_current)
"""
PAIR = """
    (SELECT fangge_wall.is_whole('pairs.see'))
    OR ((SELECT fangge_wall.grids('pairs.see')) <> '{{}}' AND {both})
"""
JUDGEMENT = """
    (SELECT fangge_wall.is_whole('pairs.see'))
    OR EXISTS (SELECT FROM fusion_pairdecision decided
        WHERE decided.judgement_id = fusion_judgement.id)
"""
REQUEST = """
    (SELECT fangge_wall.is_whole('requests.see'))
    OR grid_id = ANY ((SELECT fangge_wall.grids('requests.see'))::bigint[])
    OR asked_by = (SELECT fangge_wall.actor())
    OR (subject = 'resident' AND entry_id = (SELECT fangge_wall.own_resident()))
"""
FINDING = """
    (SELECT fangge_wall.is_whole('findings.see'))
    OR (SELECT fangge_wall.is_whole('quality.see'))
    OR grid_id = ANY ((SELECT fangge_wall.grids('findings.see'))::bigint[])
"""
# Nobody knows where a row belongs that cannot be read: it is for those who see the whole district.
QUARANTINED = "(SELECT fangge_wall.is_whole('quarantine.see'))"


def both_sides(table: str) -> str:
    return PAIR.format(both=BOTH_SIDES.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("fusion", "0006_runs"), ("registers", "0006_wall")]
    operations = [
        migrations.RunSQL(*wall_table("fusion_linkdecision", DECISION)),
        migrations.RunSQL(*wall_table("fusion_sourcerecord", RECORD)),
        migrations.RunSQL(*wall_table("fusion_pair", both_sides("fusion_pair"))),
        migrations.RunSQL(*wall_table("fusion_pairdecision", both_sides("fusion_pairdecision"))),
        migrations.RunSQL(*wall_table("fusion_judgement", JUDGEMENT)),
        migrations.RunSQL(*wall_table("fusion_changerequest", REQUEST)),
        migrations.RunSQL(*wall_table("fusion_finding", FINDING)),
        migrations.RunSQL(*wall_table("fusion_quarantinedrow", QUARANTINED)),
    ]
