import django.contrib.postgres.functions
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0007_calls_of_api_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='HostProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=253)),
                ('way', models.CharField(choices=[('cname', 'CNAME record'), ('txt', 'TXT record'), ('file', 'File'), ('local', 'This machine'), ('earlier', 'Accepted before proof was asked for')], max_length=10)),
                ('proven_at', models.DateTimeField()),
            ],
            options={
                'ordering': ('advertiser_id', 'pk'),
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='trackinghost',
            name='bumps_policy',
        ),
        migrations.AddField(
            model_name='trackinghost',
            name='answers',
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name='trackinghost',
            name='checked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='trackinghost',
            name='missing_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='trackinghost',
            name='token',
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4),
        ),
        migrations.AddField(
            model_name='hostproof',
            name='advertiser',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.advertiser'),
        ),
        migrations.AddField(
            model_name='hostproof',
            name='asked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='trackinghost',
            name='proof',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.hostproof'),
        ),
        migrations.AddConstraint(
            model_name='trackinghost',
            constraint=models.CheckConstraint(condition=models.Q(('missing_since__isnull', True), ('proof__isnull', False), _connector='OR'), name='tracking_host_missing_when_proven'),
        ),
        migrations.AddConstraint(
            model_name='hostproof',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['cname', 'txt', 'file', 'local', 'earlier'])), name='host_proof_way_is_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hostproof',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='fbe9dc70689e507546da82a010fbc69064b2cc86', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d0aad', table='network_hostproof', when='BEFORE')),
        ),
        # Last: they name columns that are new.
        pgtrigger.migrations.AddTrigger(
            model_name='trackinghost',
            trigger=pgtrigger.compiler.Trigger(name='bumps_policy', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO network_policyversion (id, version) VALUES (1, 1)\n            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;\n            RETURN NULL;\n        ', hash='d2a318d914f30cbae7eb174d6859aa596f735ee3', level='STATEMENT', operation='INSERT OR UPDATE OF "position", "proof_id" OR DELETE', pgid='pgtrigger_bumps_policy_018aa', table='network_trackinghost', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackinghost',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."advertiser_id" IS DISTINCT FROM (NEW."advertiser_id") OR OLD."host" IS DISTINCT FROM (NEW."host") OR OLD."token" IS DISTINCT FROM (NEW."token"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='eabc3b06b398724ef5c9751d54d32450bcc85bcf', operation='UPDATE', pgid='pgtrigger_fixed_039aa', table='network_trackinghost', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='trackinghost',
            trigger=pgtrigger.compiler.Trigger(name='proof_is_its_own', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NEW.proof_id IS NOT NULL AND NOT EXISTS (\n                        SELECT FROM network_hostproof AS proof WHERE proof.id = NEW.proof_id\n                        AND proof.advertiser_id = NEW.advertiser_id AND proof.host = NEW.host\n                    ) THEN\n                        RAISE EXCEPTION 'the proof is of another host or advertiser'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='7c3216255f009096ec69368741e37f4e4d1a8fcc', operation='INSERT OR UPDATE', pgid='pgtrigger_proof_is_its_own_54299', table='network_trackinghost', when='BEFORE')),
        ),
    ]
