from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('publishers', '0013_says_the_same'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='modeltypecookietype',
            constraint=models.CheckConstraint(condition=models.Q(('model_type__in', ['content', 'influencer', 'comparison', 'cashback', 'loyalty', 'voucher', 'email', 'search', 'display', 'retargeting', 'overlay', 'extension', 'subnetwork', 'other'])), name='model_default_of_known_type'),
        ),
        ValidateConstraint(
            model_name='modeltypecookietype',
            name='model_default_of_known_type',
        ),
        AddConstraintNotValid(
            model_name='modeltypecookietype',
            constraint=models.CheckConstraint(condition=models.Q(('cookie_type__in', ['hard', 'soft', 'inherit'])), name='model_default_is_known'),
        ),
        ValidateConstraint(
            model_name='modeltypecookietype',
            name='model_default_is_known',
        ),
        AddConstraintNotValid(
            model_name='partnershipterms',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['applied', 'approved', 'declined', 'ended', 'suspended'])), name='partnership_status_is_known'),
        ),
        ValidateConstraint(
            model_name='partnershipterms',
            name='partnership_status_is_known',
        ),
        AddConstraintNotValid(
            model_name='publishermodeltype',
            constraint=models.CheckConstraint(condition=models.Q(('model_type__in', ['content', 'influencer', 'comparison', 'cashback', 'loyalty', 'voucher', 'email', 'search', 'display', 'retargeting', 'overlay', 'extension', 'subnetwork', 'other'])), name='model_type_is_known'),
        ),
        ValidateConstraint(
            model_name='publishermodeltype',
            name='model_type_is_known',
        ),
        AddConstraintNotValid(
            model_name='teammembership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'member'])), name='member_role_is_known'),
        ),
        ValidateConstraint(
            model_name='teammembership',
            name='member_role_is_known',
        ),
    ]
