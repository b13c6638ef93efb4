import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('publishers', '0001_initial'),
        ('tracking', '0005_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='conversion',
            name='contested_by',
            field=models.ForeignKey(db_constraint=False, db_index=False, help_text='Whose click came with the report that contradicts the earlier one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishers.publisher', verbose_name='contested by'),
        ),
        AddIndexConcurrently(
            model_name='conversion',
            index=models.Index(condition=models.Q(('closed_at__isnull', True), ('conflict_since__isnull', False)), fields=['advertiser', 'conflict_since'], name='conversion_contested'),
        ),
        AddIndexConcurrently(
            model_name='conversion',
            index=models.Index(condition=models.Q(('closed_at__isnull', True), models.Q(('verified', False), ('over_limit', True), _connector='OR')), fields=['advertiser', 'closes_at'], name='conversion_waits'),
        ),
        AddIndexConcurrently(
            model_name='conversion',
            index=models.Index(condition=models.Q(('contested_by__isnull', False)), fields=['advertiser', 'contested_by'], name='conversion_contested_by'),
        ),
    ]
