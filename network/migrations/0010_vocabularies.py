from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('network', '0009_says_the_same'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='attributionterms',
            constraint=models.CheckConstraint(condition=models.Q(('soft_rule__in', ['first', 'last', 'sole'])), name='terms_soft_rule_is_known'),
        ),
        ValidateConstraint(
            model_name='attributionterms',
            name='terms_soft_rule_is_known',
        ),
        AddConstraintNotValid(
            model_name='staffmembership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'manager', 'viewer'])), name='staff_role_is_known'),
        ),
        ValidateConstraint(
            model_name='staffmembership',
            name='staff_role_is_known',
        ),
    ]
