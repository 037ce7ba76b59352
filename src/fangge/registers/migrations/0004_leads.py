from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registers', '0003_corrections_and_acts'),
    ]

    operations = [
        migrations.CreateModel(
            name='EntryLead',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('address', 'Address'), ('dwelling', 'Dwelling'), ('resident', 'Resident'), ('organisation', 'Organisation')], max_length=12)),
                ('entry_id', models.BigIntegerField()),
                ('leads_to_id', models.BigIntegerField()),
                ('starts_at', models.DateTimeField()),
                ('started_by', models.CharField(max_length=80)),
                ('ends_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=80)),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'leads_to_id'], name='registers_e_kind_8749dc_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends_at', None)), fields=('kind', 'entry_id'), name='an_entry_leads_to_one'), models.CheckConstraint(condition=models.Q(('entry_id', models.F('leads_to_id')), _negated=True), name='an_entry_leads_elsewhere')],
            },
        ),
    ]
