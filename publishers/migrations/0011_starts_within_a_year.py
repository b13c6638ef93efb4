import datetime
import django.db.models.expressions
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    # Not validated: rows that are there already stay, and can be cancelled.

    dependencies = [
        ('network', '0007_starts_within_a_year'),
        ('publishers', '0010_rewritten_terms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='cookietypeassignment',
            constraint=models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='cookietypeassignment_starts_within_a_year'),
        ),
        AddConstraintNotValid(
            model_name='modeltypecookietype',
            constraint=models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='modeltypecookietype_starts_within_a_year'),
        ),
        AddConstraintNotValid(
            model_name='partnershipterms',
            constraint=models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='partnershipterms_starts_within_a_year'),
        ),
        AddConstraintNotValid(
            model_name='publishermodeltype',
            constraint=models.CheckConstraint(condition=models.Q(('cancels__isnull', False), ('starts_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=366, seconds=15), models.DurationField()))), _connector='OR'), name='publishermodeltype_starts_within_a_year'),
        ),
    ]
