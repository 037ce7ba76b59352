from datetime import UTC, datetime
from typing import Any

from django.db import migrations

from fangge.cases.adapters.holidays import days_of
from fangge.cases.rules.catalogue import shipped_catalogue

# A step is what happened: who connects as the application cannot change or delete it.
GUARD = """
CREATE SEQUENCE cases_case_number;
CREATE FUNCTION cases_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'note_sealed' = to_jsonb(NEW) - 'note_sealed' THEN
        RETURN NEW;  -- sealed anew with a newer key
    END IF;
    RAISE EXCEPTION 'a step of a case is never changed or deleted';
END $$;
CREATE TRIGGER cases_step_is_kept BEFORE UPDATE OR DELETE ON cases_casestep
    FOR EACH ROW EXECUTE FUNCTION cases_refuse_change();
"""
UNGUARD = """
DROP TRIGGER cases_step_is_kept ON cases_casestep;
DROP FUNCTION cases_refuse_change();
DROP SEQUENCE cases_case_number;
"""
FIRST_YEARS = (2026, 2027)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def begin(apps: Any, _editor: Any) -> None:
    shipped = shipped_catalogue()
    apps.get_model("cases", "LifecycleVersion").objects.create(
        number=1, table=shipped.lifecycle, published_at=BEGUN, published_by="system:shipped"
    )
    desk = apps.get_model("cases", "Desk")
    desk.objects.bulk_create(
        desk(code=code, name=name, office=office) for code, name, office in shipped.desks
    )
    holiday = apps.get_model("cases", "Holiday")
    holiday.objects.bulk_create(
        holiday(
            day=one.day, is_worked=one.is_worked, name=one.name, is_published=one.is_published
        )
        for year in FIRST_YEARS
        for one in days_of(year)
    )


class Migration(migrations.Migration):

    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
