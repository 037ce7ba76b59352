import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('fusion', '0003_order_of_extracts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=12)),
                ('way', models.CharField(choices=[('pair', 'One pair'), ('bulk', 'Several pairs'), ('take_out', 'A record taken out')], max_length=10)),
                ('state', models.CharField(choices=[('waiting', 'Waits for a second person'), ('in_force', 'In force'), ('declined', 'Declined'), ('withdrawn', 'Taken back')], max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('n_records', models.PositiveIntegerField(default=0)),
                ('moves', models.JSONField(default=list)),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.CharField(max_length=80)),
                ('settled_at', models.DateTimeField(null=True)),
                ('settled_by', models.CharField(blank=True, max_length=80)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_by', models.CharField(blank=True, max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name='PairDecision',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('left_part', models.CharField(max_length=12)),
                ('right_part', models.CharField(max_length=12)),
                ('verdict', models.CharField(choices=[('same', 'Same'), ('different', 'Different'), ('unsure', 'Not sure')], max_length=10)),
                ('levels', models.JSONField(default=dict)),
                ('weight_bits', models.FloatField()),
                ('is_standing', models.BooleanField(default=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='pair',
            name='a_pair_once',
        ),
        migrations.AddField(
            model_name='pair',
            name='changed',
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='pair',
            name='left_part',
            field=models.CharField(default='', max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='pair',
            name='right_part',
            field=models.CharField(default='', max_length=12),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name='pair',
            constraint=models.UniqueConstraint(fields=('left', 'left_part', 'right', 'right_part', 'kind'), name='a_pair_once'),
        ),
        migrations.AddIndex(
            model_name='judgement',
            index=models.Index(fields=['state', '-decided_at'], name='fusion_judg_state_f33403_idx'),
        ),
        migrations.AddConstraint(
            model_name='judgement',
            constraint=models.CheckConstraint(condition=models.Q(('settled_by', models.F('decided_by')), _negated=True), name='nobody_confirms_their_own'),
        ),
        migrations.AddField(
            model_name='pairdecision',
            name='judgement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='fusion.judgement'),
        ),
        migrations.AddField(
            model_name='pairdecision',
            name='left',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fusion.sourcerecord'),
        ),
        migrations.AddField(
            model_name='pairdecision',
            name='right',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fusion.sourcerecord'),
        ),
        migrations.AddField(
            model_name='pairdecision',
            name='supersedes',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='fusion.pairdecision'),
        ),
        migrations.AddConstraint(
            model_name='pairdecision',
            constraint=models.UniqueConstraint(condition=models.Q(('is_standing', True)), fields=('left', 'left_part', 'right', 'right_part'), name='a_pair_decided_once'),
        ),
    ]
