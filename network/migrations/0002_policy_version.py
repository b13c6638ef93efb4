from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("network", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO network_policyversion (id, version) VALUES (1, 0)",
            "DELETE FROM network_policyversion",
        )
    ]
