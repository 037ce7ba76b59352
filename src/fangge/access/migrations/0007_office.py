from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0006_call_windows")]

    operations = [
        migrations.AddField(
            model_name="staffmember",
            name="office",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
    ]
