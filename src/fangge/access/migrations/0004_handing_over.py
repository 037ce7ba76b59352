"""An assignment says who gave and who ended it, and whose it stands in for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0003_sign_in")]
    operations = [
        migrations.AddField(
            "assignment", "given_by", models.CharField(max_length=80, default="", db_default="")
        ),
        migrations.AddField(
            "assignment", "ended_by", models.CharField(max_length=80, default="", db_default="")
        ),
        migrations.AddField(
            "assignment",
            "stands_in_for",
            models.ForeignKey(
                "access.assignment",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stand_ins",
            ),
        ),
    ]
