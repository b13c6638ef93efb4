import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


# Every key has the advertiser (docs/decisions/0016-keys-carry-the-advertiser.md).
KEY = """
ALTER TABLE tracking_landing DROP CONSTRAINT tracking_landing_pkey,
    ADD CONSTRAINT tracking_landing_pkey PRIMARY KEY ({0})
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('network', '0003_words'),
        ('publishers', '0002_words'),
        ('tracking', '0006_contested'),
    ]

    operations = [
        migrations.CreateModel(
            name='Landing',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False, verbose_name='ID')),
                ('click', models.UUIDField(verbose_name='click')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('is_fresh', models.BooleanField(verbose_name='is fresh')),
                ('journey', models.BigIntegerField(default=0, verbose_name='journey')),
                ('advertiser', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser', verbose_name='advertiser')),
                ('publisher', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publishers.publisher', verbose_name='publisher')),
            ],
            options={
                'verbose_name': 'landing',
                'verbose_name_plural': 'landings',
                'indexes': [models.Index(fields=['advertiser', 'click'], name='landing_click')],
            },
        ),
        migrations.RunSQL(KEY.format("id, advertiser_id"), KEY.format("id")),
        migrations.AddField(
            model_name='report',
            name='is_unanswered',
            field=models.BooleanField(db_default=False, default=False, help_text='The tag got no answer whether a click that it sent was fresh when it landed.', verbose_name='is unanswered'),
        ),
        AddIndexConcurrently(
            model_name='decision',
            index=models.Index(condition=models.Q(('paid_click__isnull', False)), fields=['advertiser', 'paid_click'], name='decision_paid_click'),
        ),
    ]
