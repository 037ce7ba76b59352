import django.db.models.deletion
from django.db import migrations, models


# Questions, answers, claims and rulings are appended. Their sealed words may be sealed anew by a
# newer key, and all of it goes when its retention is over; nothing else about them ever changes.
GUARD = """
CREATE FUNCTION portal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'text_sealed' IS NOT DISTINCT FROM to_jsonb(OLD) - 'text_sealed' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what residents asked and were answered is never changed';
END $$;
"""
TABLES = ("lookquestion", "lookanswer", "rightsclaim", "claimruling")
GUARD += "".join(
    f"CREATE TRIGGER portal_{name}_is_kept BEFORE UPDATE ON portal_{name} "
    "FOR EACH ROW EXECUTE FUNCTION portal_refuse_change();"
    for name in TABLES
)
UNGUARD = "".join(f"DROP TRIGGER portal_{name}_is_kept ON portal_{name};" for name in TABLES)
UNGUARD += "DROP FUNCTION portal_refuse_change();"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('audit', '0002_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='RightsClaim',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('token', models.UUIDField(unique=True)),
                ('kind', models.CharField(choices=[('copy', 'A copy of what is held about me'), ('correction', 'A correction'), ('deletion', 'Deletion')], max_length=12)),
                ('resident_id', models.BigIntegerField()),
                ('resident_code', models.CharField(max_length=40)),
                ('text_sealed', models.BinaryField()),
                ('request_id', models.BigIntegerField(null=True)),
                ('asked_at', models.DateTimeField()),
                ('due_on', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='LookQuestion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('token', models.UUIDField(unique=True)),
                ('resident_id', models.BigIntegerField()),
                ('resident_code', models.CharField(max_length=40)),
                ('official', models.CharField(max_length=80)),
                ('why', models.CharField(choices=[('not_me', 'I had no business with this office'), ('no_reason', 'I do not know what this was for'), ('wrong_person', 'I think somebody else was meant'), ('too_much', 'More was looked at than was needed'), ('want_to_know', 'I just want it explained')], max_length=16)),
                ('text_sealed', models.BinaryField()),
                ('asked_at', models.DateTimeField()),
                ('due_on', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='StaffNotice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('recipient', models.CharField(max_length=80)),
                ('told_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('resident_id', models.BigIntegerField()),
                ('resident_code', models.CharField(max_length=40)),
                ('token_hash', models.BinaryField(unique=True)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AccessCode',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('resident_id', models.BigIntegerField()),
                ('resident_code', models.CharField(max_length=40)),
                ('code_hash', models.BinaryField(unique=True)),
                ('last_hash', models.BinaryField()),
                ('issued_at', models.DateTimeField()),
                ('issued_by', models.CharField(max_length=80)),
                ('expires_at', models.DateTimeField()),
                ('n_tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None), ('used_at', None)), fields=('resident_id',), name='one_open_code_per_resident')],
            },
        ),
        migrations.CreateModel(
            name='ClaimRuling',
            fields=[
                ('claim', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='ruling', serialize=False, to='portal.rightsclaim')),
                ('outcome', models.CharField(choices=[('granted', 'Granted'), ('refused', 'Refused')], max_length=8)),
                ('ground', models.CharField(blank=True, choices=[('law_requires', 'A law requires that this is kept (PIPL art. 47)'), ('public_duty', 'It is needed for a duty set by law (PIPL art. 13 (3), 34)'), ('purpose_holds', 'What it was collected for still holds (PIPL art. 47 (1))'), ('case_open', 'A matter that needs it is still open'), ('not_theirs', 'It is held about somebody else')], max_length=16)),
                ('text_sealed', models.BinaryField()),
                ('ruled_at', models.DateTimeField()),
                ('ruled_by', models.CharField(max_length=80)),
            ],
        ),
        migrations.AddIndex(
            model_name='rightsclaim',
            index=models.Index(fields=['resident_id', '-id'], name='portal_righ_residen_c45a5a_idx'),
        ),
        migrations.AddIndex(
            model_name='rightsclaim',
            index=models.Index(fields=['due_on', 'id'], name='portal_righ_due_on_75b77b_idx'),
        ),
        migrations.CreateModel(
            name='LookAnswer',
            fields=[
                ('question', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='answer', serialize=False, to='portal.lookquestion')),
                ('official', models.CharField(max_length=80)),
                ('found_as', models.CharField(choices=[('in_order', 'The look was in order'), ('not_in_order', 'The look was not in order')], max_length=16)),
                ('text_sealed', models.BinaryField()),
                ('answered_at', models.DateTimeField()),
                ('answered_by', models.CharField(max_length=80)),
            ],
        ),
        migrations.AddField(
            model_name='lookquestion',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.entry'),
        ),
        migrations.AddField(
            model_name='staffnotice',
            name='question',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='portal.lookquestion'),
        ),
        migrations.AddField(
            model_name='visit',
            name='code',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='visit', to='portal.accesscode'),
        ),
        migrations.AddConstraint(
            model_name='claimruling',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', 'granted'), models.Q(('ground', ''), _negated=True), _connector='OR'), name='a_refusal_names_its_ground'),
        ),
        migrations.AddConstraint(
            model_name='lookanswer',
            constraint=models.CheckConstraint(condition=models.Q(('answered_by', models.F('official')), _negated=True), name='nobody_answers_for_their_own_look'),
        ),
        migrations.AddIndex(
            model_name='lookquestion',
            index=models.Index(fields=['resident_id', '-id'], name='portal_look_residen_30c962_idx'),
        ),
        migrations.AddIndex(
            model_name='lookquestion',
            index=models.Index(fields=['official', '-id'], name='portal_look_officia_e23bc5_idx'),
        ),
        migrations.AddIndex(
            model_name='lookquestion',
            index=models.Index(fields=['due_on', 'id'], name='portal_look_due_on_8858e2_idx'),
        ),
        migrations.AddConstraint(
            model_name='lookquestion',
            constraint=models.UniqueConstraint(fields=('entry',), name='a_look_is_questioned_once'),
        ),
        migrations.AddIndex(
            model_name='staffnotice',
            index=models.Index(condition=models.Q(('seen_at', None)), fields=['recipient'], name='notice_unseen'),
        ),
        migrations.AddConstraint(
            model_name='staffnotice',
            constraint=models.UniqueConstraint(fields=('recipient', 'question'), name='told_once'),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
