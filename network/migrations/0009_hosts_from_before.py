"""Tracking hosts that were there before proof was asked for stay in use, and say so."""

from django.db import migrations

ACCEPT = """
    INSERT INTO network_hostproof (advertiser_id, host, way, proven_at)
    SELECT advertiser_id, host, CASE WHEN host LIKE '%.localhost' THEN 'local' ELSE 'earlier' END,
    now() FROM network_trackinghost WHERE proof_id IS NULL;
    UPDATE network_trackinghost AS held SET proof_id = proof.id FROM network_hostproof AS proof
    WHERE held.proof_id IS NULL AND proof.advertiser_id = held.advertiser_id
    AND proof.host = held.host AND proof.way IN ('earlier', 'local');
"""


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0008_proven_hosts'),
    ]

    operations = [migrations.RunSQL(ACCEPT, migrations.RunSQL.noop)]
