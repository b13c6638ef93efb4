from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('tracking', '0003_ranks'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='report',
            index=models.Index(condition=models.Q(('conversion__isnull', True), ('outcome', 'waiting')), fields=['advertiser', 'order'], name='report_waiting'),
        ),
    ]
