from django.db import migrations, models

# In place: processes of an earlier release do not go on beside this one, and read no words.
TO_WORDS = """
ALTER TABLE network_advertiser
ALTER COLUMN consent_default
TYPE varchar(10)
USING CASE WHEN consent_default THEN 'store' ELSE 'refuse' END
"""
BACK = """
ALTER TABLE network_advertiser
ALTER COLUMN consent_default
TYPE boolean
USING consent_default = 'store'
"""


class Migration(migrations.Migration):
    """Going back, a shop that asks stores nothing."""

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
                    field=models.CharField(choices=[('store', 'Store'), ('ask', 'Ask in the shop'), ('refuse', 'Do not store')], help_text='What holds when a link says nothing about consent.', max_length=10, verbose_name='consent without an answer'),
                ),
            ],
        ),
    ]
