from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside a running network: neither reading nor adding rollups waits."""

    atomic = False

    dependencies = [
        ('network', '0002_tracking_hosts'),
        ('publishers', '0002_partner_notes'),
        ('tracking', '0002_rollup'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='rollup',
            index=models.Index(fields=['publisher', 'counted', 'hour'], include=('advertiser', 'cookie_type', 'time_step', 'count', 'sale_amount_minor', 'commission_minor'), name='rollup_of_publisher'),
        ),
        RemoveIndexConcurrently(
            model_name='rollup',
            name='rollup_publisher',
        ),
    ]
