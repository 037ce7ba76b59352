from django.db import migrations, models

# Who connects as the application cannot change or delete an entry; who can switch the trigger off
# is told by the chain. A sealing fills place, leaf and link, once.
GUARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.place IS NULL AND NEW.place IS NOT NULL
        AND (OLD.id, OLD.at, OLD.actor, OLD.verb, OLD.subject_kind, OLD.subject_id, OLD.fields,
             OLD.purpose, OLD.object_reference, OLD.reason, OLD.address)
        IS NOT DISTINCT FROM
            (NEW.id, NEW.at, NEW.actor, NEW.verb, NEW.subject_kind, NEW.subject_id, NEW.fields,
             NEW.purpose, NEW.object_reference, NEW.reason, NEW.address)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an entry of the ledger is never changed or deleted';
END $$;
CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""
UNGUARD = "DROP TRIGGER audit_entry_is_kept ON audit_entry; DROP FUNCTION audit_refuse_change();"


class Migration(migrations.Migration):

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField("entry", "place", models.BigIntegerField(null=True, unique=True)),
        migrations.AddField("entry", "leaf", models.BinaryField(null=True)),
        migrations.AddField("entry", "link", models.BinaryField(null=True)),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["id"], condition=models.Q(place__isnull=True), name="audit_entry_unsealed"
            ),
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                ("place", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="TreeHead",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("link", models.BinaryField()),
                ("signed_at", models.DateTimeField()),
                ("signature", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
