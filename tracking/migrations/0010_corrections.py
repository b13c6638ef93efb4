import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


# Every key has the advertiser (docs/decisions/0016-keys-carry-the-advertiser.md).
KEY = """
ALTER TABLE tracking_correction DROP CONSTRAINT tracking_correction_pkey,
    ADD CONSTRAINT tracking_correction_pkey PRIMARY KEY ({0})
"""


def within(field, other):
    return migrations.RunSQL(
        f"""
        ALTER TABLE tracking_correction ADD CONSTRAINT correction_{field}_of_advertiser
            FOREIGN KEY (advertiser_id, {field}_id) REFERENCES tracking_{other} (advertiser_id, id)
            DEFERRABLE INITIALLY DEFERRED
        """,
        f"ALTER TABLE tracking_correction DROP CONSTRAINT correction_{field}_of_advertiser",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0006_plain_names'),
        ('tracking', '0009_partitions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='report',
            name='sent',
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, verbose_name='sent'),
        ),
        migrations.AlterField(
            model_name='report',
            name='outcome',
            field=models.CharField(choices=[('created', 'created'), ('merged', 'merged'), ('unlinked', 'unlinked'), ('discrepancy', 'discrepancy'), ('figures_conflict', 'figures_conflict'), ('journeys_conflict', 'journeys_conflict'), ('no_token', 'no_token'), ('waiting', 'waiting'), ('too_many', 'too_many'), ('channel_not_counted', 'channel_not_counted'), ('test', 'test'), ('invalid', 'invalid'), ('corrected', 'corrected'), ('unknown_advertiser', 'unknown_advertiser'), ('late', 'late')], max_length=20, verbose_name='outcome'),
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('created', 'created'), ('merged', 'merged'), ('unlinked', 'unlinked'), ('discrepancy', 'discrepancy'), ('figures_conflict', 'figures_conflict'), ('journeys_conflict', 'journeys_conflict'), ('no_token', 'no_token'), ('waiting', 'waiting'), ('too_many', 'too_many'), ('channel_not_counted', 'channel_not_counted'), ('test', 'test'), ('invalid', 'invalid'), ('corrected', 'corrected'), ('unknown_advertiser', 'unknown_advertiser'), ('late', 'late')], max_length=20)),
                ('fields', models.JSONField()),
                ('at', models.DateTimeField()),
                ('advertiser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser')),
                ('conversion', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='tracking.conversion')),
                ('made_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='tracking.report')),
                ('taken', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections_taken', to='tracking.report')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('advertiser', 'report'), name='correction_once_per_report')],
            },
        ),
        migrations.RunSQL(KEY.format("id, advertiser_id"), KEY.format("id")),
        within("report", "report"),
        within("taken", "report"),
        within("conversion", "conversion"),
        pgtrigger.migrations.AddTrigger(
            model_name='correction',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9acaf2a4245d11393bfda7c561f82cc514fd7aa3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f3ada', table='tracking_correction', when='BEFORE')),
        ),
    ]
