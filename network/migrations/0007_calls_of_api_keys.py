from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("network", "0006_plain_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="calls",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="apikey",
            name="minute",
            field=models.DateTimeField(null=True),
        ),
    ]
