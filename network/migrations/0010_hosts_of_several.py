"""A host is one advertiser's once it is proven; until then several may wait for it."""

from django.db import migrations, models
from django.db.models import Q

ONE_OWNER = """
    CREATE UNIQUE INDEX CONCURRENTLY tracking_host_one_owner
    ON network_trackinghost (host) WHERE proof_id IS NOT NULL
"""
ONCE_EACH = """
    CREATE UNIQUE INDEX CONCURRENTLY tracking_host_once_each
    ON network_trackinghost (advertiser_id, host)
"""
ONLY_ONE = (
    "ALTER TABLE network_trackinghost DROP CONSTRAINT IF EXISTS network_trackinghost_host_key",
    "DROP INDEX CONCURRENTLY IF EXISTS network_trackinghost_host_key",
    "DROP INDEX CONCURRENTLY IF EXISTS network_trackinghost_host_3eb8d206_like",
)
ONLY_ONE_AGAIN = (
    "CREATE UNIQUE INDEX CONCURRENTLY network_trackinghost_host_key ON network_trackinghost (host)"
)
FORGET_WHO_WAITS = "DELETE FROM network_trackinghost WHERE proof_id IS NULL"
"""Going back: the release before uses every host that it finds."""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('network', '0009_hosts_from_before'),
    ]

    operations = [
        migrations.RunSQL(
            ONE_OWNER,
            "DROP INDEX CONCURRENTLY tracking_host_one_owner",
            state_operations=[
                migrations.AddConstraint(
                    model_name='trackinghost',
                    constraint=models.UniqueConstraint(
                        condition=Q(('proof__isnull', False)),
                        fields=('host',),
                        name='tracking_host_one_owner',
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            ONCE_EACH,
            "DROP INDEX CONCURRENTLY tracking_host_once_each",
            state_operations=[
                migrations.AddConstraint(
                    model_name='trackinghost',
                    constraint=models.UniqueConstraint(
                        models.F('advertiser'), models.F('host'), name='tracking_host_once_each'
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            list(ONLY_ONE),
            ONLY_ONE_AGAIN,
            state_operations=[
                migrations.AlterField(
                    model_name='trackinghost',
                    name='host',
                    field=models.CharField(max_length=253),
                ),
            ],
        ),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET_WHO_WAITS),
    ]
