"""Emergency access: a wider area for three hours, reviewed by somebody else."""

from datetime import timedelta

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0004_handing_over")]
    operations = [
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reason", models.TextField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("reviewed_by", models.CharField(blank=True, max_length=80)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("was_right", models.BooleanField(null=True)),
                ("review", models.TextField(blank=True)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="areas.area"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emergencies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["staff", "ends_at"], name="access_emergency_running")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(ends_at__gte=models.F("starts_at"))
                        & models.Q(ends_at__lte=models.F("starts_at") + timedelta(hours=3)),
                        name="an_emergency_lasts_three_hours_at_most",
                    )
                ],
            },
        ),
    ]
