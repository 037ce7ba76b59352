from django.db import migrations

# Whoever listens is told the number of each step when its transaction ends, and nothing else of it.
TELL = """
CREATE FUNCTION cases_tell_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fangge_cases', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER cases_step_is_told AFTER INSERT ON cases_casestep
    FOR EACH ROW EXECUTE FUNCTION cases_tell_step();
"""
HUSH = """
DROP TRIGGER cases_step_is_told ON cases_casestep;
DROP FUNCTION cases_tell_step();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_sorting")]
    operations = [migrations.RunSQL(TELL, HUSH)]
