import datetime
import django.db.models.expressions
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    # Not validated: rows that are there already stay, and can be cancelled.

    dependencies = [
        ('network', '0006_rewritten_terms'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='attributionterms',
            constraint=models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='attributionterms_starts_within_a_year'),
        ),
        AddConstraintNotValid(
            model_name='commissionrate',
            constraint=models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='commissionrate_starts_within_a_year'),
        ),
    ]
