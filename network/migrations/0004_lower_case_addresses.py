import django.db.models.functions.text
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models.functions import Lower

import network.models


def lower(apps, schema_editor):
    """A sign-in by mail address finds it in lower case."""
    apps.get_model('network', 'User').objects.exclude(email=Lower('email')).update(email=Lower('email'))


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('network', '0003_policy'),
    ]

    operations = [
        migrations.AlterModelManagers(
            name='user',
            managers=[
                ('objects', network.models.People()),
            ],
        ),
        migrations.RunPython(lower, migrations.RunPython.noop),
        AddConstraintNotValid(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower_case'),
        ),
        ValidateConstraint(
            model_name='user',
            name='user_email_lower_case',
        ),
    ]
