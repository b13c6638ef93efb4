import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0007_landings'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='conversion',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='f55261b400a1a5f11dae3bbd920972207d400501', operation='DELETE', pgid='pgtrigger_never_deleted_d60ea', table='tracking_conversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='conversion',
            trigger=pgtrigger.compiler.Trigger(name='closed_is_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.closed_at IS NOT NULL\n    AND to_jsonb(OLD) - 'dropped_reports' IS DISTINCT FROM to_jsonb(NEW) - 'dropped_reports')", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='abac55e3f40c8c33e02d10ffc9aa59be81747ea5', operation='UPDATE', pgid='pgtrigger_closed_is_never_edited_756f4', table='tracking_conversion', when='BEFORE')),
        ),
    ]
