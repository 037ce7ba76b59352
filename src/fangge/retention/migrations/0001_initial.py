import django.db.models.deletion
from django.db import migrations, models

from fangge.kernel.wall import wall_table

HOLD = "(SELECT fangge_wall.grids_of_pass('retention.see')) IS NOT NULL"


class Migration(migrations.Migration):

    initial = True

    dependencies = [("access", "0002_wall")]

    operations = [
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('resident_code', models.CharField(max_length=40)),
                ('reason', models.TextField()),
                ('starts_at', models.DateTimeField()),
                ('started_by', models.CharField(max_length=80)),
                ('ends_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=80)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends_at', None)), fields=('resident_code',), name='one_hold_per_resident')],
            },
        ),
        migrations.CreateModel(
            name='RetentionRun',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=30)),
                ('cause', models.CharField(max_length=80)),
                ('started_at', models.DateTimeField()),
                ('started_by', models.CharField(max_length=80)),
                ('ended_at', models.DateTimeField(null=True)),
                ('n_erased', models.BigIntegerField(default=0)),
                ('n_held', models.BigIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['kind', '-id'], name='retention_r_kind_a86f06_idx')],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=30)),
                ('reference_hash', models.BinaryField()),
                ('erased_at', models.DateTimeField()),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='retention.retentionrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'reference_hash'), name='an_erasure_once')],
            },
        ),
        migrations.RunSQL(*wall_table("retention_hold", HOLD)),
    ]
