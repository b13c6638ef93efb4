import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('publishers', '0002_words'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='ledgeraccount',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='50fb29f010ea6430960cf224810a99af3594ac0a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b4680', table='publishers_ledgeraccount', when='BEFORE')),
        ),
    ]
