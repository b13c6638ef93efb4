from django.db import migrations, models

# A column of its own: processes of an earlier release, which may still run, read the other one.
TO_WORDS = """
ALTER TABLE network_advertiser ADD COLUMN IF NOT EXISTS consent varchar(10) DEFAULT 'refuse' NOT NULL;
UPDATE network_advertiser SET consent = CASE WHEN consent_default THEN 'store' ELSE 'refuse' END;
ALTER TABLE network_advertiser ALTER COLUMN consent_default DROP NOT NULL;
"""
BACK = "UPDATE network_advertiser SET consent_default = (consent = 'store')"


class Migration(migrations.Migration):
    """Going back, a shop that asks stores nothing, and the new column stays."""

    dependencies = [
        ('network', '0003_words'),
    ]

    operations = [
        migrations.RunSQL(
            TO_WORDS,
            BACK,
            state_operations=[
                migrations.AlterField(
                    model_name='advertiser',
                    name='consent_default',
                    field=models.CharField(db_column='consent', choices=[('store', 'Store'), ('ask', 'Ask in the shop'), ('refuse', 'Do not store')], help_text='What holds when a link says nothing about consent.', max_length=10, verbose_name='consent without an answer'),
                ),
            ],
        ),
    ]
